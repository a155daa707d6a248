import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    rest = b""
    try:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                connection.sendall(line.upper() + b"\n")
        connection.sendall(rest.upper())
    except OSError:
        pass
    connection.close()
