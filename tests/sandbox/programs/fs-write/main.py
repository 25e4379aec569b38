import errno
import os

from probe import done, expect, refused

mine = ("/tmp", "/output", "/dev/shm")
for folder, folders, _ in os.walk("/", topdown=True):
    if folder.startswith(mine):
        continue
    refused(f"a folder can be made in {folder}", lambda: os.mkdir(folder + "/x"), errno.EROFS)
    if folder.count("/") > 3:
        folders.clear()
for path in ("/code/main.py", "/input/data.txt", "/usr/bin/python3.11", "/dev/null"):
    if os.path.exists(path) and path != "/dev/null":
        refused(f"{path} can be opened for writing", lambda: os.open(path, os.O_WRONLY), errno.EROFS, errno.EACCES)
        refused(f"{path} can be removed", lambda: os.unlink(path), errno.EROFS, errno.EBUSY)
        refused(f"{path} can be renamed", lambda: os.rename(path, path + "x"), errno.EROFS, errno.EBUSY)
        refused(f"{path} can be chmodded", lambda: os.chmod(path, 0o777), errno.EROFS, errno.EPERM)
for folder in mine:
    os.mkdir(folder + "/x")
    expect(f"{folder} cannot be written", os.path.isdir(folder + "/x"))
os.rmdir("/output/x")
done()
