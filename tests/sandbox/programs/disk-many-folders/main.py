import os

for number in range(200_000):
    os.mkdir(f"/tmp/{number}")
print("ESCAPED 200000 folders")
