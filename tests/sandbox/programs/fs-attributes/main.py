import errno
import os

from probe import done, refused

for path in ("/tmp", "/input/data.txt"):
    refused(f"setxattr on {path}", lambda: os.setxattr(path, "user.x", b"1"), errno.EPERM)
    refused(f"getxattr on {path}", lambda: os.getxattr(path, "security.capability"), errno.EPERM)
    refused(f"listxattr on {path}", lambda: os.listxattr(path), errno.EPERM)
done()
