import os

from probe import done, expect

reading, writing = os.pipe()
os.write(writing, bytes(65536))
os.read(reading, 65536)
file = os.open("/input/data.txt", os.O_RDONLY)
expect("splice", os.splice(file, writing, 1, offset_src=0) == 1)
os.write(writing, b"XXXX")
expect("the pipe", os.read(reading, 100) == b"iXXXX")
expect("the page in the cache was written", os.pread(file, 100, 0) == b"input\n")
done()
