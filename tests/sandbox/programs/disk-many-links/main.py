import os

for number in range(200_000):
    os.symlink("x" * 200, f"/tmp/{number}")
print("ESCAPED 200000 links")
