import errno
import os

from probe import done, refused

open("/tmp/file", "w").close()
for user in (0, 1000, 60001, 65534):
    refused(f"chown to {user}", lambda: os.chown("/tmp/file", user, user), errno.EPERM)
refused("lchown", lambda: os.lchown("/tmp/file", 1000, 1000), errno.EPERM)
file = os.open("/tmp/file", os.O_RDONLY)
refused("fchown", lambda: os.fchown(file, 1000, 1000), errno.EPERM)
done()
