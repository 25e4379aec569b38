import errno
import os
import stat

from probe import done, refused

for kind in (stat.S_IFCHR, stat.S_IFBLK):
    refused("a device in the output", lambda: os.mknod("/output/device", 0o666 | kind, os.makedev(1, 3)), errno.EPERM)
done()
