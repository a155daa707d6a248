import socket
import sys
import threading

port = int(sys.argv[1])


def serve(connection):
    try:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()


listener = socket.create_server(("127.0.0.1", port), backlog=1024)
while True:
    connection, address = listener.accept()
    threading.Thread(target=serve, args=[connection], daemon=True).start()
