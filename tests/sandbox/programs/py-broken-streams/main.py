import os
import sys

print("DONE 1", flush=True)
sys.stdout = sys.stderr = None
os.close(1)
os.close(2)
