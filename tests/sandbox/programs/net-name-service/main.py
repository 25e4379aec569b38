import socket
import time

from probe import done, escaped, expect, held

started = time.monotonic()
for name in ("example.org", "metadata.google.internal", "database", "redis"):
    try:
        escaped(f"{name} is {socket.getaddrinfo(name, 80)}")
    except socket.gaierror:
        held()
expect("looking for names takes long", time.monotonic() - started < 2)
done()
