import errno
import os

from probe import done, refused

zero, file = os.open("/dev/zero", os.O_RDONLY), os.open("/tmp/file", os.O_CREAT | os.O_RDWR)
reading, writing = os.pipe()


def splice():
    while os.splice(zero, writing, 1 << 16):
        os.splice(reading, file, 1 << 16)


refused("splice", splice, errno.ENOSPC)
os.ftruncate(file, 0)
seed = os.open("/dev/shm/seed", os.O_CREAT | os.O_RDWR)
os.write(seed, bytes(1 << 20))


def send():
    for _ in range(64):
        os.sendfile(file, seed, 0, 1 << 20)
    raise OSError(0, "64 MiB were taken")


refused("sendfile", send, errno.ENOSPC)
done()
