# udp: answers datagrams, from any sender.
#
# There is no listen, no accept and no connection: recvfrom returns one whole datagram and the address of its sender,
# and sendto answers to that address. An empty datagram is a message like any other, and does not mean that the client
# has ended. What does not fit into recvfrom's size is cut off, and a datagram for which the socket's buffer has no
# room is lost without an error on either side.
import socket
import sys
import time

# region listen
port = int(sys.argv[1])
wait = float(sys.argv[2]) if len(sys.argv) > 2 else 0
size = int(sys.argv[3]) if len(sys.argv) > 3 else 0
room = int(sys.argv[4]) if len(sys.argv) > 4 else 0
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if room:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
server.bind(("127.0.0.1", port))
# endregion

# region accept: none, a datagram knows its client only by the sender's address

while True:
    # region read
    data, client = server.recvfrom(size or 65536)
    # endregion
    # region reply
    # region dispatch
    time.sleep(wait)
    answer = data.upper()
    # endregion
    server.sendto(answer, client)
    # endregion

# region drain: none, SIGTERM ends the program at once and datagrams that wait in the socket are lost
