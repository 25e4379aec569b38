import errno
import socket

from probe import done, refused

left, _ = socket.socketpair()
refused("a socket in the output", lambda: left.bind("/output/socket"), errno.EPERM)
done()
