import os
import sys

from probe import done, expect

folder = os.path.expanduser(f"~/.local/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
os.makedirs(folder)
for name in ("usercustomize.py", "sitecustomize.py"):
    with open(f"{folder}/{name}", "w") as file:
        file.write("import sys; sys.planted = True")
with open(f"{folder}/planted.pth", "w") as file:
    file.write("import sys; sys.planted = True\n")
with open(os.path.expanduser("~/.pythonrc"), "w") as file:
    file.write("import sys; sys.planted = True\n")
expect("the files are not there", len(os.listdir(folder)) == 3)
done()
