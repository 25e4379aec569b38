import errno
import socket

from probe import done, expect, refused

for family in (0, *range(2, 46)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        refused(f"a pair of family {family}", lambda: socket.socketpair(family, kind), errno.EPERM)
left, right = socket.socketpair()
left.send(b"local")
expect("a local pair does not work", right.recv(100) == b"local")
done()
