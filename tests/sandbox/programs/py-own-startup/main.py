import os
import subprocess
import sys

from probe import done, expect

with open("/tmp/sitecustomize.py", "w") as file:
    file.write(
        "import os, sys\ntry:\n    import socket; socket.socket()\nexcept OSError as error:\n    sys.planted = error.errno\n"
    )
code = "import sys; print(sys.planted)"
said = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ, PYTHONPATH="/tmp")
)
expect(f"the child says {said.stdout}", said.stdout in ("1\n", "") and "EROFS" not in said.stderr)
done()
