from probe import done, expect, ready, until_the_other_has_ended

for folder in ("/tmp", "/output"):
    with open(folder + "/mine", "w") as file:
        file.write("theirs")
ready()
until_the_other_has_ended()
for folder in ("/tmp", "/output"):
    expect(f"{folder} changed", open(folder + "/mine").read() == "theirs")
done()
