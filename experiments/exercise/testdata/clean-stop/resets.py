# says: Its clients see a reset.
import select
import signal
import socket
import struct
import sys
import threading

port = int(sys.argv[1])
stopping = threading.Event()


def serve(connection):
    try:
        while not stopping.is_set():
            ready, _, _ = select.select([connection], [], [], 0.05)  # looks up now and then
            if not ready:
                continue
            data = connection.recv(16384)
            if not data:
                break
            connection.sendall(data.upper())
    except OSError:
        pass
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stop(number, frame):
    raise SystemExit


signal.signal(signal.SIGTERM, stop)
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
try:
    while True:
        connection, address = listener.accept()
        threading.Thread(target=serve, args=[connection]).start()
finally:
    listener.close()
    stopping.set()
