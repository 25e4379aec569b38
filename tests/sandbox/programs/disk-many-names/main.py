import os

open("/tmp/file", "w").close()
for number in range(200_000):
    os.link("/tmp/file", f"/tmp/{'n' * 200}{number}")
print("ESCAPED 200000 names")
