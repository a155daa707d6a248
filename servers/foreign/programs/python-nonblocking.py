# nonblocking: one thread asks every connection again and again, and no call waits.
#
# After setblocking(False) a call that would have to wait raises BlockingIOError instead, and the program decides when to
# try again. A silent client holds up nobody. But each round costs a call for every connection, busy or not, and
# without the pause at its end the loop would use a whole CPU to find out that nothing has come.
import socket
import sys
import time

# region listen
port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
listener.setblocking(False)
# endregion

replies = {}  # by connection: what its client has not taken yet; nothing more is read before it is sent


def visit(connection):
    if not replies[connection]:
        # region read
        data = connection.recv(16384)  # raises BlockingIOError if nothing has come
        if not data:  # b"": the client has sent everything
            raise ConnectionError
        # endregion
        # region reply
        replies[connection] = data.upper()
    sent = connection.send(replies[connection])  # as much as there is room for
    replies[connection] = replies[connection][sent:]
    # endregion


while True:
    # region accept
    idle = True
    try:
        connection, address = listener.accept()  # raises BlockingIOError if nobody wants to connect
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
        replies[connection] = b""
        idle = False
    except BlockingIOError:
        pass
    # endregion
    # region dispatch
    for connection in list(replies):
        try:
            visit(connection)
            idle = False
        except BlockingIOError:
            pass
        except ConnectionError:  # this client has gone; the others are still served
            del replies[connection]
            connection.close()
    if idle:
        time.sleep(0.001)
    # endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
