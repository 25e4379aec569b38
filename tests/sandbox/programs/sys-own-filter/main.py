import errno

from calls import call
from probe import done, refused

refused("seccomp(SET_MODE_FILTER)", lambda: call("seccomp", 1, 0, 0), errno.EPERM)
refused("a listener", lambda: call("seccomp", 1, 8, 0), errno.EPERM)
refused("prctl(PR_SET_SECCOMP)", lambda: call("prctl", 22, 2, 0, 0, 0), errno.EPERM)
done()
