import os

from probe import done, expect, ready, until_the_other_has_ended

file = os.open("/tmp/letter", os.O_CREAT | os.O_RDWR)
os.write(file, b"letter")
ready()
until_the_other_has_ended()
expect("the letter changed", os.pread(file, 100, 0) == b"letter")
done()
