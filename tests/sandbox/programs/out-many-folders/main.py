import os

for number in range(500):
    os.mkdir(f"/output/{number}")
