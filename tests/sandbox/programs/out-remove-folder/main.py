import errno
import os

from probe import done, refused

refused("/output can be removed", lambda: os.rmdir("/output"), errno.EBUSY, errno.EROFS)
refused("/output can be renamed", lambda: os.rename("/output", "/output2"), errno.EBUSY, errno.EROFS, errno.EXDEV)
os.chmod("/output", 0)
done()
