import fcntl
import os

from probe import done, expect, held

for number in (1, 2):
    os.set_blocking(number, False)
    held()
    try:
        fcntl.fcntl(number, 1031, 4096)  # F_SETPIPE_SZ: room for one page
    except OSError:
        pass
sent = 0
while sent < 20_000:
    try:
        sent += os.write(2, b"x" * 1000)
    except BlockingIOError:
        pass
os.set_blocking(1, True)
expect("20000 bytes", sent == 20_000)
done()
