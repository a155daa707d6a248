# says: The end of a long datagram is missing.
import socket
import sys

port = int(sys.argv[1])
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", port))
while True:
    data, client = server.recvfrom(1024)
    server.sendto(data.upper(), client)
