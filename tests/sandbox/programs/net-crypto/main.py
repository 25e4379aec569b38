import errno
import socket

from probe import done, refused

refused("AF_ALG", lambda: socket.socket(38, socket.SOCK_SEQPACKET), errno.EPERM)
done()
