import errno
import fcntl
import os
import signal

from probe import done, expect, ready, refused, until_the_other_has_ended

knocks = []
signal.signal(signal.SIGIO, lambda *_: knocks.append(1))
data = os.open("/input/shared.txt", os.O_RDONLY)
for name, kind in (("read", fcntl.F_RDLCK), ("write", fcntl.F_WRLCK)):
    refused(f"a {name} lease", lambda: fcntl.fcntl(data, fcntl.F_SETLEASE, kind), errno.EPERM)
refused("asking for leases", lambda: fcntl.fcntl(data, fcntl.F_GETLEASE), errno.EPERM)
ready()
until_the_other_has_ended()
expect("the other box was noticed", not knocks)
done()
