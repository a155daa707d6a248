# Exercise thousand-idle: a thousand clients that say nothing, and no time lost on them.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
listener.setblocking(False)
clients = []
while True:
    try:
        connection, address = listener.accept()
        connection.setblocking(False)
        clients.append(connection)
    except BlockingIOError:
        pass
    for connection in list(clients):
        try:
            data = connection.recv(1024)
            connection.sendall(data.upper())
        except BlockingIOError:
            continue
        except OSError:
            data = b""
        if not data:
            connection.close()
            clients.remove(connection)
