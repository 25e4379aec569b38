import errno
import os

from calls import call
from probe import done, expect, refused

refused("setuid 0", lambda: os.setuid(0), errno.EPERM)
refused("setresuid", lambda: os.setresuid(1000, 1000, 1000), errno.EPERM)
refused("setresgid", lambda: os.setresgid(1000, 1000, 1000), errno.EPERM)
refused("setgroups", lambda: os.setgroups([]), errno.EPERM)
refused("setfsuid", lambda: call("setfsuid", 0), errno.EPERM)
refused("capset", lambda: call("capset", 0, 0), errno.EPERM)
expect("the user changed", os.getresuid() == (1000, 1000, 1000))
done()
