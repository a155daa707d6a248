# loop: serves one client after another.
#
# This is once, with accept in a loop. While one client is served, the next can connect, because the kernel
# completes its handshake; it then waits in the backlog. An error on one connection still ends the program:
# a reset makes recv raise ConnectionResetError, which no code catches.
import socket
import sys

port = int(sys.argv[1])

with socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN) as listener:
    while True:
        connection, address = listener.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
            while True:
                data = connection.recv(16384)
                if not data:  # b"": the client has sent everything
                    break
                connection.sendall(data.upper())
