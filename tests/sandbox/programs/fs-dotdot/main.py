import os

from probe import done, expect

root = os.stat("/")
for start in ("/input", "/code", "/usr/lib", "/tmp"):
    folder = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(40):
        folder = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
    expect(f"above {start} there is something else", os.fstat(folder).st_ino == root.st_ino)
    expect(f"above {start} there are other names", os.listdir(folder) == os.listdir("/"))
done()
