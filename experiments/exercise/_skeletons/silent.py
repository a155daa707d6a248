# Exercise silent: a client that connects first and says nothing must not keep the others waiting.
import socket
import sys

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


listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    serve(connection)
