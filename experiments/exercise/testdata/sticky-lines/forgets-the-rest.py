# says: It loses bytes.
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
            for line in data.split(b"\n")[:-1]:
                connection.sendall(line.upper() + b"\n")
    except OSError:
        pass
    connection.close()
