import errno
import os

from probe import done, refused

for number in (1, 2):
    refused(f"{number} can be read", lambda: os.read(number, 1), errno.EBADF)
    refused(f"{number} can be sought in", lambda: os.lseek(number, 0, os.SEEK_SET), errno.ESPIPE)
    refused(
        f"{number} can be mapped or sent from", lambda: os.copy_file_range(number, number, 1), errno.EINVAL, errno.EBADF
    )
done()
