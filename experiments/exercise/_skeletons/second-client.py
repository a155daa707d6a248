# Exercise second-client: serve the second client, and the one after it.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
connection, address = listener.accept()
while True:
    data = connection.recv(1024)
    if not data:
        break
    connection.sendall(data.upper())
connection.close()
