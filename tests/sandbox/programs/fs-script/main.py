import errno
import os

from probe import done, refused

for number, interpreter in enumerate(("/bin/sh", "/bin/bash", "/usr/bin/env", "/usr/bin/perl", "/bin/busybox")):
    path = f"/tmp/script{number}"
    with open(path, "w") as file:
        file.write(f"#!{interpreter}\n")
    os.chmod(path, 0o755)
    refused(f"{interpreter} runs", lambda: os.execv(path, [path]), errno.ENOENT)
done()
