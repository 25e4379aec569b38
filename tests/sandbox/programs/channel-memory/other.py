from probe import ready

ready()
data = bytearray(400 << 20)
for place in range(0, len(data), 4096):
    data[place] = 1
print("ESCAPED")
