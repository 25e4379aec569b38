import os
import signal
import struct

from probe import done, escaped, expect, held

code = bytes.fromhex("b801000000bb07000000cd80")  # exit(7) of i386
header = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0)
segment = struct.pack("<IIIIIIII", 1, 0, 0x8048000, 0x8048000, 84 + len(code), 84 + len(code), 5, 4096)
with open("/tmp/own", "wb") as file:
    file.write(header + segment + code)
os.chmod("/tmp/own", 0o755)
child = os.fork()
if child == 0:
    try:
        os.execve("/tmp/own", ["own"], {})
    except OSError:
        os._exit(88)  # this kernel runs no 32-bit programs
status = os.waitpid(child, 0)[1]
if os.WIFSIGNALED(status):
    expect(f"ended by {os.WTERMSIG(status)}", os.WTERMSIG(status) in (signal.SIGSYS, signal.SIGSEGV))
elif os.WEXITSTATUS(status) == 88:
    held()
else:
    escaped("a 32-bit program ran")
done()
