import errno

from calls import call
from probe import done, refused

refused("PR_SET_CHILD_SUBREAPER", lambda: call("prctl", 36, 1, 0, 0, 0), errno.EPERM)
done()
