import errno
import os

from probe import done, refused

refused("chmod", lambda: os.chmod("/input/data.txt", 0o777), errno.EROFS)
refused("chmod of the folder", lambda: os.chmod("/input", 0o777), errno.EROFS)
refused("utime", lambda: os.utime("/input/data.txt", (0, 0)), errno.EROFS)
refused("a second name outside", lambda: os.link("/input/data.txt", "/tmp/name"), errno.EXDEV)
refused("moving it out", lambda: os.rename("/input/data.txt", "/tmp/name"), errno.EXDEV)
refused("removing it", lambda: os.unlink("/input/data.txt"), errno.EROFS)
done()
