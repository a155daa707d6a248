# Exercise clean-stop: told to stop (SIGTERM), the server accepts nobody new, lets its clients see the end of the
# stream, and then ends by itself.
import signal
import socket
import sys
import threading

port = int(sys.argv[1])


def serve(connection):
    try:
        while True:
            data = connection.recv(16384)  # who wakes this thread when the server is to stop?
            if not data:
                break
            connection.sendall(data.upper())
    except OSError:
        pass
    connection.close()


def stop(number, frame):
    raise SystemExit


signal.signal(signal.SIGTERM, stop)
with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
    while True:
        connection, address = listener.accept()
        threading.Thread(target=serve, args=[connection]).start()
