import os
import subprocess
import sys

from probe import done, expect

expect("/etc/ld.so.preload is there", not os.path.exists("/etc/ld.so.preload"))
expect("LD_PRELOAD is set", "LD_PRELOAD" not in os.environ)
with open("/tmp/broken.so", "wb") as file:
    file.write(b"\x7fELF" + bytes(60))
code = "from calls import call; print(call('prctl', 39, 0, 0, 0, 0))"
environment = dict(os.environ) | {"LD_PRELOAD": "/tmp/broken.so", "LD_AUDIT": "/tmp/broken.so"}
done_with = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
expect(f"with hooks: {done_with.stdout}", done_with.stdout == "1\n")
done()
