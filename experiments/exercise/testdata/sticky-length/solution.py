import socket
import struct
import sys

port = int(sys.argv[1])


def exactly(connection, n):
    data = b""
    while len(data) < n:
        part = connection.recv(n - len(data))
        if not part:
            raise ConnectionError("the client has closed")
        data += part
    return data


listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    try:
        while True:
            header = exactly(connection, 4)
            (length,) = struct.unpack("!I", header)
            connection.sendall(header + exactly(connection, length).upper())
    except OSError:
        pass
    connection.close()
