import os

open("/output/result", "w").close()
os.chmod("/output/result", 0)
print("DONE 1")
