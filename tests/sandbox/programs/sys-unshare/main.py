import errno

from calls import call
from probe import done, refused

for flags in (
    0x10000000,
    0x10000000 | 0x40000000,
    0x10000000 | 0x20000,
    0x7E020000,
    0x10000400,
    1 << 40 | 0x10000000,
    0x80,
):
    refused(f"unshare {flags:#x}", lambda: call("unshare", flags), errno.EPERM)
done()
