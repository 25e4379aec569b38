import os

from probe import done, expect

for folder in ("/tmp", "/output"):
    expect(f"{folder} has {os.listdir(folder)}", os.listdir(folder) == [])
    with open(folder + "/mine", "w") as file:
        file.write("mine")
os.unlink("/output/mine")
done()
