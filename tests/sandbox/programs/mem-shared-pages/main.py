import os
import time

from probe import done, expect

data = b"x" * (50 << 20)
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        time.sleep(0.3)
        os._exit(data[-1] == 120)
    children.append(child)
expect("children read other data", all(os.waitpid(child, 0)[1] == 256 for child in children))
done()
