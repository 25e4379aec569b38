import fcntl
import os

from probe import done, escaped, held

held_bytes, pipes = 0, []
try:
    for _ in range(120):
        reading, writing = os.pipe()
        pipes.append((reading, writing))
        try:
            fcntl.fcntl(writing, 1031, 1 << 20)
        except PermissionError:
            held()
        os.set_blocking(writing, False)
        try:
            while True:
                held_bytes += os.write(writing, bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError:
    pass
held()
if held_bytes > 100 << 20:
    escaped(f"{held_bytes >> 20} MiB are in pipes")
done()
