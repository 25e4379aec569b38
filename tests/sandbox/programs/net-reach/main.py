import socket
import sys
import urllib.request

from probe import done, expect

for place in (("127.0.0.1", int(sys.argv[4])), ("169.254.169.254", 80), ("1.1.1.1", 53)):
    try:
        socket.create_connection(place, timeout=1)
        expect(f"{place} was reached", False)
    except OSError:
        expect("", True)
for name in ("localhost", "example.org", "metadata.google.internal"):
    try:
        urllib.request.urlopen(f"http://{name}:{sys.argv[4]}/", timeout=1)
        expect(f"{name} was reached", False)
    except OSError:
        expect("", True)
done()
