import ctypes
import os
import sys

from probe import done, expect

libc = ctypes.CDLL(None)
libc.getauxval.restype = ctypes.c_ulong
end = libc.getauxval(31)  # AT_EXECFN: the last of the strings that the kernel puts there
environment = ctypes.POINTER(ctypes.c_void_p).in_dll(libc, "environ")
raw = ctypes.string_at(environment[0], end - environment[0])
expect(
    f"the path of the interpreter is {ctypes.string_at(end)}",
    ctypes.string_at(end).startswith((b"/venv/bin/", b"/usr/bin/", b"/runtime/bin/")),
)
expect("the canary is among the variables", sys.argv[1].encode() not in raw)
expect(
    "a folder of the host is named",
    not any(word in raw for word in (b"/root", b"/home", b"/work", b"/srv", b"TIDEMARK")),
)
expect(
    "there are variables besides the listed",
    len(raw.split(b"\0")) - 1 == len(os.environ) or len(raw.split(b"\0")) - 2 <= len(os.environ),
)
done()
