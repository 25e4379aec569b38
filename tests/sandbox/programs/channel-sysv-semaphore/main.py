import errno

from calls import call
from probe import done, refused

refused("finding the other's semaphore", lambda: call("semget", 4711, 1, 0), errno.EPERM)
refused("finding the other's messages", lambda: call("msgget", 4711, 0), errno.EPERM)
done()
