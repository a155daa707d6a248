# says: It ends with its client.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    while True:
        data = connection.recv(1024)
        if not data:
            sys.exit()
        connection.sendall(data.upper())
