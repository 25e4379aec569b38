import errno
import sys

from probe import done, escaped, refused

for path in (
    "/proc/mounts",
    "/proc/self/mountinfo",
    "/proc/1/mountinfo",
    "/proc/self/mountstats",
    "/etc/mtab",
    "/proc/filesystems",
    "/proc/swaps",
):
    refused(path, lambda: open(path).read(), errno.ENOENT)
    try:
        if sys.argv[1] in open(path).read():
            escaped(f"the canary is in {path}")
    except OSError:
        pass
done()
