import errno
import os

from calls import call
from probe import done, refused

refused("pidfd_open", lambda: call("pidfd_open", os.getpid(), 0), errno.ENOSYS)
refused("pidfd_send_signal", lambda: call("pidfd_send_signal", 0, 9, 0, 0), errno.ENOSYS)
refused("process_mrelease", lambda: call("process_mrelease", 0, 0), errno.ENOSYS)
done()
