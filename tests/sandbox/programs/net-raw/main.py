import errno
import socket

from probe import done, refused

for name, family, kind, protocol in (
    ("ICMP", 2, 3, 1),
    ("unprivileged ICMP", 2, 2, 1),
    ("raw IPv6", 10, 3, 58),
    ("packet", 17, 3, 0x300),
    ("old packet", 2, 10, 0),
):
    refused(name, lambda: socket.socket(family, kind, protocol), errno.EPERM)
done()
