import os

from probe import done, expect

for folder, mib in (("/tmp", 14), ("/dev/shm", 3), ("/output", 7)):
    with open(folder + "/fill", "wb") as file:
        file.write(bytes(mib << 20))
    expect(f"{mib} MiB in {folder}", os.path.getsize(folder + "/fill") == mib << 20)
    os.unlink(folder + "/fill")
done()
