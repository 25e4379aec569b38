import errno
import socket
import sys

from probe import done, refused

for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    left, right = socket.socketpair(socket.AF_UNIX, kind)
    right.close() if kind == socket.SOCK_STREAM else None
    for name in ("\0" + sys.argv[1], "\0datagram" + sys.argv[1], "/run/systemd/journal/socket", "/dev/log"):
        refused(
            f"sending to {name!r}",
            lambda: left.sendto(b"x", name),
            errno.ECONNREFUSED,
            errno.ENOENT,
            errno.EISCONN,
            errno.EPIPE,
            errno.EOPNOTSUPP,
        )
        refused(f"connecting to {name!r}", lambda: left.connect(name), errno.EPERM)
done()
