"""Runs in the box, before the program: makes the folders that it writes to, then becomes it.

    python -I -S start.py [--step] PROGRAM [ARGUMENTS]

The links in the program's folder (layout.py) lead to these folders; --step is for a run of one step of time. A link to
a folder that is not there yet would be in the way of a program that makes its own.
"""

import os
import sys

words = sys.argv[1:]
os.mkdir("/output/submission")  # noqa: PTH102  (small and quick to start)
if words[0] == "--step":
    words = words[1:]
    os.mkdir("/output/new_state")  # noqa: PTH102
os.execv(sys.executable, [sys.executable, *words])  # noqa: S606
