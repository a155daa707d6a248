# loop: serves one client after another.
#
# once, with accept in a loop. While one client is served the next is connected, as the kernel completes
# its handshake, and waits in the backlog. And an error of one client is still the end of all: a reset
# makes recv raise ConnectionResetError, which nobody catches.
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
                if not data:  # an empty read: the client has sent everything
                    break
                connection.sendall(data.upper())
