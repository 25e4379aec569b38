import errno
import os

from probe import done, refused

for name in (
    "maps",
    "mem",
    "environ",
    "cmdline",
    "exe",
    "root",
    "cwd",
    "oom_score_adj",
    "status",
    "attr/current",
    "pagemap",
):
    refused(f"/proc/self/{name}", lambda: os.stat(f"/proc/self/{name}"), errno.ENOENT)
done()
