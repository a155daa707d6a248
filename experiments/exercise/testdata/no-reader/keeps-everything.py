# says: It keeps what the client does not take
import selectors
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
owed = {}
while True:
    for key, events in selector.select():
        if key.fileobj is listener:
            connection, address = listener.accept()
            connection.setblocking(False)
            owed[connection] = bytearray()
            selector.register(connection, selectors.EVENT_READ)
            continue
        connection = key.fileobj
        try:
            if events & selectors.EVENT_READ:
                data = connection.recv(16384)
                if not data and not owed[connection]:
                    raise ConnectionError("the client has closed")
                owed[connection] += data.upper()
            try:
                sent = connection.send(owed[connection][:65536])
                del owed[connection][:sent]
            except BlockingIOError:
                pass
            wanted = selectors.EVENT_READ | selectors.EVENT_WRITE if owed[connection] else selectors.EVENT_READ
            selector.modify(connection, wanted)
        except OSError:
            selector.unregister(connection)
            del owed[connection]
            connection.close()
