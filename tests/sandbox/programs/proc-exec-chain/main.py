import os
import sys

os.execv(sys.executable, [sys.executable, __file__])
