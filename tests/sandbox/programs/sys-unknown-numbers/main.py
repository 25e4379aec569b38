import errno

from probe import done, refused, syscall

for number in (453, 454, 463, 470, 548, 600, 5000, 0x3FFFFFFF):
    refused(f"call {number}", lambda: syscall(number, -1, -1, -1, -1, -1, -1), errno.ENOSYS)
done()
