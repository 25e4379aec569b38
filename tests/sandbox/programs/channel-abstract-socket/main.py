import errno
import socket

from probe import done, refused

refused("a local socket", lambda: socket.socket(socket.AF_UNIX).connect("\0meeting"), errno.EPERM)
left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
refused("sending to the name", lambda: left.sendto(b"x", "\0meeting"), errno.ECONNREFUSED)
done()
