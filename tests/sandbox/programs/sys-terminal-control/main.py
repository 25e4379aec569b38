import errno

from calls import call
from probe import done, refused

for name, request in (
    ("TIOCSCTTY", 0x540E),
    ("TIOCNOTTY", 0x5422),
    ("TIOCLINUX", 0x541C),
    ("TIOCSETD", 0x5423),
    ("TIOCSPGRP", 0x5410),
    ("TIOCCONS", 0x541D),
    ("TCSETS", 0x5402),
):
    refused(name, lambda: call("ioctl", 0, request, 0), errno.EPERM)
done()
