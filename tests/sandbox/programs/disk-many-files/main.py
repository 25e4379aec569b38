number = 0
while True:
    open(f"/tmp/{number}", "w").close()
    number += 1
    if number > 200_000:
        print("ESCAPED 200000 files")
        break
