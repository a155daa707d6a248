# says: It answers one message and closes; it should read and answer in a loop
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    data = connection.recv(1024)
    connection.sendall(data.upper())
    connection.close()
