# Exercise disconnect: a client that leaves ends its conversation, not the server.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    while True:
        data = connection.recv(1024)
        connection.sendall(data.upper())
