import os

os.makedirs("/output/" + "/".join("a" * 50))
