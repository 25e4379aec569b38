import errno

from calls import call
from probe import done, refused

for name, option in (
    ("PR_SET_MM", 35),
    ("PR_SET_PTRACER", 0x59616D61),
    ("PR_SET_TSC", 26),
    ("PR_SET_SECUREBITS", 28),
    ("PR_CAPBSET_DROP", 24),
    ("PR_SET_MDWE", 65),
    ("PR_SET_MEMORY_MERGE", 67),
    ("PR_SET_SYSCALL_USER_DISPATCH", 59),
    ("PR_SCHED_CORE", 62),
    ("PR_SET_SPECULATION_CTRL", 53),
):
    refused(name, lambda: call("prctl", option, 1, 0, 0, 0), errno.EPERM)
    refused(f"{name} with high bits", lambda: call("prctl", option | 1 << 32, 1, 0, 0, 0), errno.EPERM)
done()
