# timeout: serves one client after another, and cuts off a client that is silent for too long.
#
# settimeout limits how long each call on the connection waits; after that it raises TimeoutError. The silent client in
# front is closed and the next one is served. An honest client that needs longer is closed as well.
import socket
import sys

# region listen
port = int(sys.argv[1])
limit = float(sys.argv[2]) if len(sys.argv) > 2 else 0
listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
# endregion

while True:
    # region accept
    connection, address = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
    connection.settimeout(limit or 5)  # seconds
    # endregion
    # region dispatch
    with connection:
        try:
            while True:
                # region read
                data = connection.recv(16384)
                if not data:  # b"": the client has sent everything
                    break
                # endregion
                # region reply
                connection.sendall(data.upper())
                # endregion
        except TimeoutError:
            pass  # it has said nothing, or read nothing, for too long
        except ConnectionError:
            pass  # this client has gone; the next one is served
    # endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
