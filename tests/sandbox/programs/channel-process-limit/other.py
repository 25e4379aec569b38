import os
import signal

from probe import done, expect, ready, until_the_other_has_ended

children = []
try:
    for _ in range(500):
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except BlockingIOError:
    pass
expect(f"{len(children)} processes", 20 < len(children) < 80)
ready()
until_the_other_has_ended()
for child in children:
    os.kill(child, signal.SIGKILL)
done()
