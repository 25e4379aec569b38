import errno
import fcntl
import os
import signal

from probe import done, expect, ready, refused, until_the_other_has_ended

knocks = []
signal.signal(signal.SIGIO, lambda *_: knocks.append(1))
folder = os.open("/input", os.O_RDONLY)
refused("F_NOTIFY", lambda: fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT), errno.EPERM)
ready()
until_the_other_has_ended()
expect("the other box was noticed", not knocks)
done()
