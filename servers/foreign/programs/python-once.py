# once: serves a single client, and ends with it. Many courses begin with this server.
#
# accept is called once, so the second client is never accepted, and when the first has gone the program
# ends. The rest is correct: recv returns b"" when the client has sent everything, sendall finishes a short
# write, and with closes the sockets.
import socket
import sys

# region listen
port = int(sys.argv[1])

with socket.create_server(("127.0.0.1", port)) as listener:
    # endregion
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
