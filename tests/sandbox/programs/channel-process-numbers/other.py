import os
import signal

from probe import done, held, ready, until_the_other_has_ended

children = []
for _ in range(30):
    child = os.fork()
    if child == 0:
        signal.pause()
    children.append(child)
    held()
ready()
until_the_other_has_ended()
for child in children:
    os.kill(child, signal.SIGKILL)
done()
