import errno
import socket

from probe import done, ready, refused, until_the_other_has_ended

refused("a local socket", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind("\0meeting"), errno.EPERM)
left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
refused("naming a pair", lambda: left.bind("\0meeting"), errno.EPERM)
ready()
until_the_other_has_ended()
done()
