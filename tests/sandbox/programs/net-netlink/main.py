import errno
import socket

from probe import done, refused

for protocol in (0, 4, 9, 12, 15, 16):
    refused(f"netlink {protocol}", lambda: socket.socket(16, socket.SOCK_RAW, protocol), errno.EPERM)
done()
