import selectors
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=4096)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
while True:
    for key, events in selector.select():
        if key.fileobj is listener:
            connection, address = listener.accept()
            selector.register(connection, selectors.EVENT_READ)
            continue
        connection = key.fileobj
        try:
            data = connection.recv(1024)
            connection.sendall(data.upper())
        except OSError:
            data = b""
        if not data:
            selector.unregister(connection)
            connection.close()
