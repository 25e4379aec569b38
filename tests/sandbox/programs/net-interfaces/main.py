import errno
import socket

from calls import call
from probe import done, refused

refused("interface names", socket.if_nameindex, errno.EPERM)
left, _ = socket.socketpair()
for name, request in (
    ("SIOCGIFCONF", 0x8912),
    ("SIOCGIFADDR", 0x8915),
    ("SIOCGIFHWADDR", 0x8927),
    ("SIOCETHTOOL", 0x8946),
):
    refused(name, lambda: call("ioctl", left.fileno(), request, 0), errno.EPERM)
done()
