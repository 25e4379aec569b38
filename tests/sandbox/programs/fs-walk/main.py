import os
import stat
import sys

from probe import done, escaped, expect, held

canary = sys.argv[1]
known = {"usr", "lib", "lib64", "etc", "dev", "venv", "runtime", "tmp", "output", "code", "probe", "input"}
expect(f"top folders {set(os.listdir('/')) - known}", set(os.listdir("/")) <= known)
expect(f"/etc has {os.listdir('/etc')}", set(os.listdir("/etc")) <= {"ld.so.cache"})
expect("there are other programs than Python", all(name.startswith("python") for name in os.listdir("/usr/bin")))
special = 0
for folder, folders, files in os.walk("/"):
    for name in folders + files:
        path = os.path.join(folder, name)
        if canary in path:
            escaped(f"the canary's name is at {path}")
        mode = os.lstat(path).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID) and not stat.S_ISDIR(mode):
            expect(f"{path} is setuid", os.statvfs(path).f_flag & os.ST_NOSUID)
        if not path.startswith("/dev/") and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            escaped(f"{path} is a socket, fifo or device")
held()
expect("a shell is there", not any(map(os.path.exists, ("/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/env"))))
done()
