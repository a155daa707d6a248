# says: It gives up the client that does not read.
import selectors
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
owed = {}  # what could not be sent yet, by connection
while True:
    for key, events in selector.select():
        if key.fileobj is listener:
            connection, address = listener.accept()
            connection.setblocking(False)
            owed[connection] = b""
            selector.register(connection, selectors.EVENT_READ)
            continue
        connection = key.fileobj
        try:
            if not owed[connection]:
                data = connection.recv(16384)
                if not data:
                    raise ConnectionError("the client has closed")
                owed[connection] = data.upper()
            sent = connection.send(owed[connection])
            if sent < len(owed[connection]):
                raise ConnectionError("the client does not read")
            owed[connection] = b""
            # Who has not taken its reply is not read from.
            selector.modify(connection, selectors.EVENT_WRITE if owed[connection] else selectors.EVENT_READ)
        except BlockingIOError:
            selector.modify(connection, selectors.EVENT_WRITE)
        except OSError:
            selector.unregister(connection)
            del owed[connection]
            connection.close()
