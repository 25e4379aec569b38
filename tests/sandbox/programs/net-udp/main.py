import errno
import socket
import sys

from probe import done, refused

refused(
    "a datagram",
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(sys.argv[4]))),
    errno.EPERM,
)
left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
refused(
    "a pair that asks for another family", lambda: socket.socketpair(socket.AF_INET, socket.SOCK_DGRAM), errno.EPERM
)
done()
