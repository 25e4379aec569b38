import errno

from calls import call
from probe import done, ready, refused, until_the_other_has_ended

refused("making a semaphore", lambda: call("semget", 4711, 1, 0o1666), errno.EPERM)
refused("making a message queue", lambda: call("msgget", 4711, 0o1666), errno.EPERM)
ready()
until_the_other_has_ended()
done()
