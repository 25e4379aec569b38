import errno
import os

from probe import done, expect, refused

written = []


def fill():
    for number in range(64):
        file = os.open(f"/tmp/{number}", os.O_CREAT | os.O_RDWR)
        os.unlink(f"/tmp/{number}")
        written.append(os.write(file, bytes(1 << 20)))
        if written[-1] < 1 << 20:
            os.write(file, b"x" * (1 << 20))


refused("64 MiB", fill, errno.ENOSPC)
expect(f"{sum(written)} bytes", sum(written) <= 4 << 20)
done()
