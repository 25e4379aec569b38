import ctypes
import os
import sys

from probe import done, expect

canary = sys.argv[1]
known = {
    "PATH",
    "HOME",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "PWD",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "PYTHONPATH",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "LD_LIBRARY_PATH",
    "LC_CTYPE",
}
expect(f"variables {set(os.environ) - known}", set(os.environ) <= known)
environment = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
number, raw = 0, b""
while environment[number] is not None:
    raw += environment[number]
    number += 1
for process in ("self", "1", "2", "thread-self"):
    for file in ("environ", "task/1/environ"):
        try:
            with open(f"/proc/{process}/{file}", "rb") as stream:
                raw += stream.read()
        except OSError:
            pass
expect("a variable of the worker can be read", canary.encode() not in raw)
done()
