import errno
import os

from probe import done, expect

opened = []
try:
    while len(opened) < 5000:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    expect(str(error), error.errno == errno.EMFILE)
expect(f"{len(opened)} descriptors", len(opened) < 256)
os.close(opened.pop())
done()
