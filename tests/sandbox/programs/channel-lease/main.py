import os

from probe import done, expect

expect("the input cannot be read", os.read(os.open("/input/shared.txt", os.O_RDONLY), 100) == b"input\n")
done()
