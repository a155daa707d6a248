# select: one thread waits for all connections at once.
#
# select.select gives the kernel three lists of sockets and gets back those that are ready: here the clients that have
# sent something, and those that can take the rest of a reply. A call on a socket that is ready does not wait, so a silent
# client holds up nobody. The kernel looks at every socket of the lists at every call, and a descriptor number of 1024
# or above raises ValueError, so such a connection is closed.
import select
import socket
import sys

# region listen
port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
listener.setblocking(False)
# endregion

replies = {}  # by connection: what its client has not taken yet; nothing more is read before it is sent


def visit(connection):
    if not replies[connection]:
        # region read
        data = connection.recv(16384)
        if not data:  # b"": the client has sent everything
            raise ConnectionError
        # endregion
        # region reply
        replies[connection] = data.upper()
    sent = connection.send(replies[connection])  # as much as there is room for
    replies[connection] = replies[connection][sent:]
    # endregion


while True:
    # region dispatch
    reading = [connection for connection in replies if not replies[connection]]
    writing = [connection for connection in replies if replies[connection]]
    readable, writable, failed = select.select([listener] + reading, writing, [])
    # endregion
    # region accept
    if listener in readable:
        readable.remove(listener)
        connection, address = listener.accept()
        if connection.fileno() < 1024:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
            replies[connection] = b""
        else:
            connection.close()
    # endregion
    # region dispatch
    for connection in readable + writable:
        try:
            visit(connection)
        except BlockingIOError:  # ready is a hint: the next round tries again
            pass
        except ConnectionError:  # this client has gone; the others are still served
            del replies[connection]
            connection.close()
    # endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
