# says: A client gets no reply, or another client's.
import socket
import sys

port = int(sys.argv[1])
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", port))
first = None
while True:
    data, client = server.recvfrom(65535)
    first = first or client
    server.sendto(data.upper(), first)
