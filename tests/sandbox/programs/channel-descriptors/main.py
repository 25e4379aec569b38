import errno
import os

from probe import done, refused

for number in range(1, 20):
    for file in ("fd/3", "root/tmp/letter", "cwd/letter", "map_files"):
        refused(f"/proc/{number}/{file}", lambda: os.stat(f"/proc/{number}/{file}"), errno.ENOENT)
refused("the first process", lambda: os.stat("/proc/1"), errno.ENOENT)
done()
