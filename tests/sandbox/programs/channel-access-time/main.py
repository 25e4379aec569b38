from probe import done, expect

for _ in range(3):
    expect("the input cannot be read", open("/input/shared.txt").read() == "input\n")
    expect("the interpreter cannot be read", len(open("/venv/pyvenv.cfg").read()) > 0)
expect("the library cannot be read", "NUMBERS" in open("/probe/calls.py").read())
done()
