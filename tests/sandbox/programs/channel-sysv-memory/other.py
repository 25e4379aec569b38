import errno

from calls import call
from probe import done, ready, refused, until_the_other_has_ended

refused("making shared memory", lambda: call("shmget", 4711, 4096, 0o1666), errno.EPERM)
ready()
until_the_other_has_ended()
done()
