import os

from probe import done, expect

deep = 0
for _ in range(3000):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
    deep += 1
expect(f"{deep} folders deep", deep == 3000)
done()
