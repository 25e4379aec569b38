import ctypes
import errno
import mmap

from probe import done, expect

code = bytes.fromhex(
    "b829000000 bf02000000 be01000000 31d2 0f05 c3".replace(" ", "")
)  # socket(AF_INET, SOCK_STREAM, 0)
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
answer = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
expect(f"socket answered {answer}", answer == -errno.EPERM)
done()
