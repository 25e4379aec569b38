import os
import signal
import time

from probe import done, expect

for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    os.kill(1, number)
time.sleep(0.05)
expect("the first process is gone", os.getppid() == 1)
done()
