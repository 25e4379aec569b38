import errno
import socket

from probe import done, refused

refused("connecting by AF_VSOCK", lambda: socket.socket(40, socket.SOCK_STREAM).connect((1, 4711)), errno.EPERM)
done()
