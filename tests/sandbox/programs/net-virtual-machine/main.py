import errno
import socket

from probe import done, refused

for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    refused(f"AF_VSOCK {kind}", lambda: socket.socket(40, kind), errno.EPERM)
done()
