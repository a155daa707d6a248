# says: It loses bytes.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    data = b""
    try:
        while True:
            part = connection.recv(1024)
            if not part:
                break
            data += part
            if b"\n" in data:
                line = data.split(b"\n")[0]
                connection.sendall(line.upper() + b"\n")
                data = b""
        connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()
