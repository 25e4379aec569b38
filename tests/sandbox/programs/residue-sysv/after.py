import errno

from calls import call
from probe import done, refused

refused("shared memory of before", lambda: call("shmget", 99, 4096, 0), errno.EPERM)
done()
