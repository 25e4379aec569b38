import os
import signal
import time

from probe import done, expect

child = os.fork()
if child == 0:
    time.sleep(30)
os.kill(-1, signal.SIGKILL)  # everybody but the sender and the first process of the namespace
status = os.waitpid(child, 0)[1]
expect("the child lives", os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
expect("the first process is gone", os.getppid() == 1)
done()
