from probe import done, expect, ready, until_the_other_has_ended

for folder in ("/tmp", "/dev/shm", "/output"):
    try:
        with open(folder + "/fill", "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
    except OSError as error:
        expect(f"{folder}: {error}", error.errno == 28)
ready()
until_the_other_has_ended()
done()
