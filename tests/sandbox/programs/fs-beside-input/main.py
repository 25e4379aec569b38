import errno
import os

from probe import done, expect, refused

for path in ("/input/../beside.txt", "/beside.txt", "/tmp/../beside.txt"):
    refused(f"{path} can be opened", lambda: os.open(path, os.O_RDONLY), errno.ENOENT)
folder = os.open("/input", os.O_RDONLY | os.O_DIRECTORY)
refused("through a descriptor", lambda: os.open("../beside.txt", os.O_RDONLY, dir_fd=folder), errno.ENOENT)
expect(f"/input has {os.listdir('/input')}", sorted(os.listdir("/input")) == ["data.txt", "shared.txt"])
done()
