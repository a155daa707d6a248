# says: Before it gives a client to its thread
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
    try:
        first = connection.recv(1024)
        connection.sendall(first.upper())
    except OSError:
        continue
    threading.Thread(target=serve, args=[connection], daemon=True).start()
