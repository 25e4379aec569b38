import errno
import socket

from probe import done, refused

left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for number in range(64):
    refused(f"sending to name {number}", lambda: left.sendto(b"x", b"\0%05x" % number), errno.ECONNREFUSED)
done()
