# says: A datagram gets more than one reply.
import socket
import sys

port = int(sys.argv[1])
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", port))
while True:
    data, client = server.recvfrom(65535)
    for line in data.splitlines(True) or [b""]:
        server.sendto(line.upper(), client)
