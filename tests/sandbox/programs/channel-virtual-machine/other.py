import errno
import socket

from probe import done, ready, refused, until_the_other_has_ended

refused("a server by AF_VSOCK", lambda: socket.socket(40, socket.SOCK_STREAM).bind((0xFFFFFFFF, 4711)), errno.EPERM)
ready()
until_the_other_has_ended()
done()
