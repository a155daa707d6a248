import select
import signal
import socket
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
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(16384):
            pass  # what still comes is not answered; a close now would be a reset
    except OSError:
        pass
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
