import os
import sys

from probe import done, expect


def deny(event, arguments):
    if event == "open":
        raise PermissionError(event)


sys.addaudithook(deny)
try:
    open("/input/data.txt")
    expect("the hook was not asked", False)
except PermissionError:
    expect("", True)
os.write(2, b"")
done()
