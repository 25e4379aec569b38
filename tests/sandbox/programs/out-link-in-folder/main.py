import os

os.makedirs("/output/a/b")
os.symlink("../../../etc/passwd", "/output/a/b/link")
