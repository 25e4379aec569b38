import socket

from probe import done, escaped, held

pairs, sent = [], 0
try:
    for _ in range(100):
        pair = socket.socketpair()
        pairs.append(pair)
        try:
            pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            escaped("buffers of any size")
        except PermissionError:
            held()
        pair[0].setblocking(False)
        try:
            while True:
                sent += pair[0].send(bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError:
    pass
held()
if sent > 128 << 20:
    escaped(f"{sent >> 20} MiB are in sockets")
done()
