# struct: every message begins with its length, so that messages no longer stick together.
#
# struct.pack("!I", n) makes the header: four bytes, big-endian ("!", the order of the network). The header does not count
# itself. Without "!" the bytes have the order of this machine, which on most is the other one. recv may return a part of
# what was asked for, also of the header, so receive repeats it.
import socket
import struct
import sys
import threading

# region listen
port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
# endregion


def receive(connection, count):
    # region read
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:  # b"": the client has sent everything
            raise EOFError
        data += part
    return data
    # endregion


def talk(connection):
    with connection:
        try:
            while True:
                # region read
                (length,) = struct.unpack("!I", receive(connection, 4))
                if length > 65536:  # no client may make the server keep any amount
                    break
                data = receive(connection, length)
                # endregion
                # region reply
                connection.sendall(struct.pack("!I", len(data)) + data.upper())
                # endregion
        except (EOFError, ConnectionError):
            pass  # this client has gone; the others are still served


while True:
    # region accept
    connection, address = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
    # endregion
    # region dispatch
    threading.Thread(target=talk, args=(connection,), daemon=True).start()
    # endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
