# says: An exception ends the server.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
try:
    while True:
        connection, address = listener.accept()
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data.upper())
        connection.close()
except OSError as error:
    print("a client has gone:", error)
