# once: serves a single client, and ends with it. The first server of many a course.
#
# accept is called once, so there is nobody to take the second client, and when the first has gone the
# program is over. Everything else is as it should be: recv returning nothing is the end of the
# client's half, sendall finishes a short write, and with closes what was opened.
import socket
import sys

port = int(sys.argv[1])

with socket.create_server(("127.0.0.1", port)) as listener:
    connection, address = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small reply leaves at once
        while True:
            data = connection.recv(16384)
            if not data:  # an empty read: the client has sent everything
                break
            connection.sendall(data.upper())
