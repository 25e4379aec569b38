import os
import signal

from probe import done, expect, ready, until_the_other_has_ended

came = []
signal.signal(signal.SIGUSR1, lambda *_: came.append(1))
child = os.fork()
if child == 0:
    signal.pause()
    os._exit(9)
ready()
until_the_other_has_ended()
expect("a signal came", not came)
os.kill(child, 0)
os.kill(child, signal.SIGKILL)
expect("the child was ended by another", os.waitpid(child, 0)[1] == signal.SIGKILL)
done()
