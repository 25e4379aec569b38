import errno
import os
import resource

from probe import done, expect, refused

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
expect(f"{hard} descriptors", soft == hard == 256)
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    expect("the limit was raised", False)
except ValueError:
    expect("", True)
refused("a number beyond the limit", lambda: os.dup2(0, 300), errno.EBADF)
done()
