# Exercise pieces: a message may arrive in pieces, cut anywhere, also in the middle of a character.
import socket
import sys

port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
while True:
    connection, address = listener.accept()
    try:
        while True:
            text = connection.recv(1024).decode()
            if not text:
                break
            connection.sendall(text.upper().encode())
    except OSError:
        pass
    connection.close()
