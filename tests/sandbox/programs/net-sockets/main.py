import errno
import socket

from probe import done, expect, refused

for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        refused(f"socket of family {family}, kind {kind}", lambda: socket.socket(family, kind), errno.EPERM)
left, right = socket.socketpair()
refused("a socket pair can be bound", lambda: left.bind("\0name"), errno.EPERM)
refused("a socket pair can connect", lambda: left.connect("\0name"), errno.EPERM)
expect("interfaces are listed", True)
done()
