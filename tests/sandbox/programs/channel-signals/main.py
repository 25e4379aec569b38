import errno
import os
import signal

from probe import done, held, refused

signal.signal(signal.SIGUSR1, signal.SIG_IGN)
for number in range(2, 500):
    for target in (number, -number):
        try:
            os.kill(target, signal.SIGUSR1)
        except ProcessLookupError:
            held()
refused("everybody", lambda: os.kill(-1, signal.SIGUSR1), errno.ESRCH)  # nobody is here but the sender
done()
