import time

from probe import done, expect

data = bytearray(60 << 20)
for place in range(0, len(data), 4096):
    data[place] = 1
time.sleep(0.5)
expect("the data changed", sum(data[::4096]) == len(data) >> 12)
done()
