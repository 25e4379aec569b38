import ctypes
import os
import threading

from calls import call
from probe import done, expect, ready, until_the_other_has_ended

page = call("mmap", 0, 4096, 1, 1, os.open("/input/shared.txt", os.O_RDONLY), 0)
value, patience, woken = ctypes.c_uint.from_address(page).value, (ctypes.c_long * 2)(3, 0), []


def wait():
    try:
        call("futex", page, 0, value, ctypes.addressof(patience), 0, 0)
        woken.append(1)
    except TimeoutError:
        pass


threading.Thread(target=wait, daemon=True).start()
ready()
until_the_other_has_ended()
expect("a thread was woken", not woken)
done()
