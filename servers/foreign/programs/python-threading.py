# threading: socketserver with a thread for every connection.
#
# The threads wait in recv at the same time, and take turns at everything else: an interpreter runs one of
# them at a time (the GIL), so more CPUs do not make it faster.
import contextlib
import socket
import socketserver
import sys
import threading
import time

# region listen
port = int(sys.argv[1])
wait = float(sys.argv[2]) if len(sys.argv) > 2 else 0
slots = int(sys.argv[3]) if len(sys.argv) > 3 else 0
slot = threading.Semaphore(slots) if slots else contextlib.nullcontext()
# endregion


class Upper(socketserver.BaseRequestHandler):
    def setup(self):
        # region accept
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # endregion

    def handle(self):
        try:
            # region read
            while data := self.request.recv(16384):
                # endregion
                # region reply
                if wait:
                    with slot:
                        time.sleep(wait)
                self.request.sendall(data.upper())
                # endregion
        except ConnectionError:
            pass  # this client has gone; the others are still served


# region dispatch
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # a client that stays must not keep the program from ending
    request_queue_size = socket.SOMAXCONN


with Server(("127.0.0.1", port), Upper) as server:
    server.serve_forever()  # accepts, and starts a thread for every connection
# endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
