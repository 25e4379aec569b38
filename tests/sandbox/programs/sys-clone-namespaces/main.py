import errno

from calls import call
from probe import done, refused

for flags in (0x10000000, 0x10000000 | 0x20000000, 0x10000000 | 0x40000000, 0x10000000 | 0x20000, 0x7C020000):
    refused(f"clone {flags:#x}", lambda: call("clone", flags | 17, 0, 0, 0, 0), errno.EPERM)
    refused(f"clone {flags:#x} with high bits", lambda: call("clone", flags | 17 | 1 << 45, 0, 0, 0, 0), errno.EPERM)
done()
