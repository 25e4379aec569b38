import time

data = bytearray(300 << 20)
for place in range(0, len(data), 4096):
    data[place] = 1
time.sleep(0.1)
del data
print("ESCAPED")
