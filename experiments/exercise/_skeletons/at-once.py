# Exercise at-once: several clients at the same time, each with its own answers.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
clients = []
listener.settimeout(0.01)
while True:
    try:
        connection, address = listener.accept()
        clients.append(connection)
    except TimeoutError:
        pass
    for connection in list(clients):  # each in its turn
        try:
            data = connection.recv(1024)
            connection.sendall(data.upper())
        except OSError:
            data = b""
        if not data:
            connection.close()
            clients.remove(connection)
