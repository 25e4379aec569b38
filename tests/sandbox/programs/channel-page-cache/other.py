import os

from probe import done, expect, ready, until_the_other_has_ended

file = os.open("/input/shared.txt", os.O_RDONLY)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
expect("the input cannot be read", os.pread(file, 100, 0) == b"input\n")
ready()
until_the_other_has_ended()
done()
