# loop: serves one client after another.
#
# This is once, with accept in a loop. While one client is served, the next can connect, because the kernel
# completes its handshake; it then waits in the backlog. An error on one connection still ends the program:
# a reset makes recv raise ConnectionResetError, which no code catches.
import socket
import sys

# region listen
port = int(sys.argv[1])

with socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN) as listener:
    # endregion
    while True:
        # region accept
        connection, address = listener.accept()
        # endregion
        # region dispatch
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
            while True:
                # region read
                data = connection.recv(16384)
                if not data:  # b"": the client has sent everything
                    break
                # endregion
                # region reply
                connection.sendall(data.upper())
                # endregion
        # endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
