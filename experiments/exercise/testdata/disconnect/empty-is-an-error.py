# says: It ends with its client.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    while True:
        data = connection.recv(1024)
        connection.sendall(bytes([data[0]]).upper() + data[1:].upper())
