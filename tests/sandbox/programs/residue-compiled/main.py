import errno
import importlib.util
import os
import sys

import probe
from probe import done, refused

for source in (__file__, probe.__file__, os.__file__):
    place = importlib.util.cache_from_source(source)
    refused(
        f"writing {place}", lambda: os.open(place, os.O_WRONLY | os.O_CREAT), errno.EROFS, errno.EACCES, errno.ENOENT
    )
    refused(f"making {os.path.dirname(place)}", lambda: os.makedirs(os.path.dirname(place)), errno.EROFS, errno.EEXIST)
    refused(f"removing {place}", lambda: os.unlink(place), errno.EROFS, errno.ENOENT)
sys.stdout.flush()
done()
