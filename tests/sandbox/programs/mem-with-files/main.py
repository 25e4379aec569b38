import os

for folder in ("/tmp", "/output"):
    with open(folder + "/fill", "wb", buffering=0) as file:
        for _ in range(40):
            file.write(os.urandom(1 << 20))
data = bytearray(60 << 20)
for place in range(0, len(data), 4096):
    data[place] = 1
print("ESCAPED 140 MiB")
