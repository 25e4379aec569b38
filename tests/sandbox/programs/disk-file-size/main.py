import errno

from probe import done, expect

for action in ("write", "truncate"):
    try:
        with open("/tmp/large", "wb", buffering=0) as file:
            if action == "truncate":
                file.truncate(1 << 40)
            for _ in range(32):
                file.write(bytes(1 << 18))
    except OSError as error:
        expect(f"{action}: {error}", error.errno == errno.EFBIG)
    else:
        expect(f"{action} beyond the limit", False)
done()
