import errno
import os

from calls import call
from probe import done, refused

file = os.open("/tmp/file", os.O_CREAT | os.O_RDWR)
for name, request in (
    ("FS_IOC_SETFLAGS", 0x40086602),
    ("FS_IOC_FSSETXATTR", 0x401C5820),
    ("FICLONERANGE", 0x4020940D),
    ("FIDEDUPERANGE", 0xC0189436),
    ("FIFREEZE", 0xC0045877),
    ("FS_IOC_SET_ENCRYPTION_POLICY", 0x800C6613),
):
    refused(name, lambda: call("ioctl", file, request, 0), errno.EPERM)
done()
