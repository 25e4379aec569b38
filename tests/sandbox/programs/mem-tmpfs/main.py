import errno
import os

from probe import done, expect

for folder, mib in (("/tmp", 4), ("/dev/shm", 2), ("/output", 3)):
    written = 0
    try:
        with open(folder + "/fill", "wb", buffering=0) as file:
            while written < 64 << 20:
                written += file.write(bytes(1 << 16))
    except OSError as error:
        expect(f"{folder}: {error}", error.errno == errno.ENOSPC)
    expect(f"{folder} took {written} bytes", written <= mib << 20)
    os.unlink(folder + "/fill")
done()
