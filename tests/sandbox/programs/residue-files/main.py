import os

from probe import done, expect

for folder in ("/tmp", "/dev/shm", "/output"):
    os.makedirs(folder + "/left/behind")
    with open(folder + "/left/behind/file", "w") as file:
        file.write("data of another team")
    expect(folder, os.path.exists(folder + "/left/behind/file"))
done()
