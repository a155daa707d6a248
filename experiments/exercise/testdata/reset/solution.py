import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    try:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()
