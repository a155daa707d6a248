# Exercise sticky-length: a message is a header of four bytes, the length in network order (big-endian), and
# then that many bytes. The reply has the same header.
import socket
import struct
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    try:
        while True:
            header = connection.recv(4)
            if not header:
                break
            (length,) = struct.unpack("!I", header)
            body = connection.recv(length)
            connection.sendall(header + body.upper())
    except (OSError, struct.error):
        pass
    connection.close()
