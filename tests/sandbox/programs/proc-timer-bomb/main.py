import ctypes
import errno

from calls import call
from probe import done, expect, refused

made, timer = [], ctypes.c_int()


def make():
    for _ in range(5000):
        call("timer_create", 1, 0, ctypes.addressof(timer))
        made.append(timer.value)


refused("5000 timers", make, errno.EAGAIN)
expect(f"{len(made)} timers", len(made) <= 256)
done()
