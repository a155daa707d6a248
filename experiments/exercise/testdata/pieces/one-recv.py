# says: It answers the first piece and closes.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    data = connection.recv(1024)
    try:
        connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()
