import errno

from calls import call
from probe import done, refused

for upper in (0, 1 << 32, 0xFFFFFFFF << 32, 0x5401 << 32):
    refused(f"TIOCSTI with {upper:#x}", lambda: call("ioctl", 0, upper | 0x5412, 0), errno.EPERM)
done()
