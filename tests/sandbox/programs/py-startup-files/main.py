import errno
import os
import site
import sys
import sysconfig

from probe import done, refused

places = {
    sysconfig.get_path("purelib"),
    sysconfig.get_path("stdlib"),
    "/code",
    "/probe",
    sys.prefix,
    *site.getsitepackages(),
}
for place in sorted(places):
    for name in ("sitecustomize.py", "usercustomize.py", "planted.pth", "python311._pth", "pyvenv.cfg.new"):
        refused(
            f"{place}/{name}", lambda: os.open(f"{place}/{name}", os.O_CREAT | os.O_WRONLY), errno.EROFS, errno.ENOENT
        )
done()
