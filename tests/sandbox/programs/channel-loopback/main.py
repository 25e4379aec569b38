import errno
import socket

from probe import done, refused

for port in (1, 8000, 54321):
    refused(f"port {port}", lambda: socket.create_connection(("127.0.0.1", port), timeout=1), errno.EPERM)
done()
