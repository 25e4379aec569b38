import os
import shutil
import subprocess
import sys

from probe import done, expect

shutil.copy(os.path.realpath(sys.executable), "/tmp/python")
os.chmod("/tmp/python", 0o6755)
code = "import os; print(*os.getresuid(), *os.getresgid())"
said = subprocess.run(
    ["/tmp/python", "-I", "-S", "-c", code],
    capture_output=True,
    text=True,
    env={"PYTHONHOME": sys.base_prefix, "PYTHONPATH": ""},
).stdout
expect(f"the copy runs as {said}", said.split() == ["1000"] * 6)
expect("/tmp honours setuid bits", os.statvfs("/tmp").f_flag & os.ST_NOSUID)
done()
