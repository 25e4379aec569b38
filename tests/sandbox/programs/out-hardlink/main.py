import os

open("/output/a", "w").close()
os.link("/output/a", "/output/b")
