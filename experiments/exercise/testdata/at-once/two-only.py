# says: It serves only a few clients at once.
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
    places.release()


listener = socket.create_server(("127.0.0.1", port), backlog=1024)
places = threading.Semaphore(2)
while True:
    connection, address = listener.accept()
    places.acquire()
    threading.Thread(target=serve, args=[connection], daemon=True).start()
