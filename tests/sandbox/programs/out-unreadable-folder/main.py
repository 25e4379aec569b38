import os

os.mkdir("/output/folder")
os.chmod("/output/folder", 0)
print("DONE 1")
