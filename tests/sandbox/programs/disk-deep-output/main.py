import os

os.chdir("/output")
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
