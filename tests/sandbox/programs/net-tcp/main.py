import errno
import socket
import sys

from probe import done, refused

for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    refused(f"TCP to {address}", lambda: socket.create_connection((address, int(sys.argv[4])), timeout=1), errno.EPERM)
    refused(f"a server on {address}", lambda: socket.socket(family, socket.SOCK_STREAM), errno.EPERM)
done()
