# says: It does not serve ten clients at once.
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

port = int(sys.argv[1])


def serve(connection):
    try:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()


listener = socket.create_server(("127.0.0.1", port), backlog=4096)
with ThreadPoolExecutor(8) as pool:
    while True:
        connection, address = listener.accept()
        pool.submit(serve, connection)
