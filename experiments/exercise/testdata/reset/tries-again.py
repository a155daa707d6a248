# says: It goes on with a client that has gone.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    while True:
        try:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data.upper())
        except OSError:
            connection.setblocking(True)
            while not connection._closed:  # waits for the client to come back
                pass
    connection.close()
