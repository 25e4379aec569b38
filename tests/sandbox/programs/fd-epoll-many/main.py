import errno
import os
import select

from probe import done, expect, refused

kept = []


def make():
    for _ in range(5000):
        kept.append(select.epoll())
        kept.append(os.eventfd(0))


refused("10000 descriptors", make, errno.EMFILE)
expect(f"{len(kept)} descriptors", len(kept) < 256)
done()
