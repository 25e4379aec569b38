import os

from probe import done, expect

for _ in range(3):
    file = os.open("/input/shared.txt", os.O_RDONLY)
    expect("the input cannot be read", os.read(file, 100) == b"input\n")
    os.close(file)
done()
