from probe import done, expect

try:
    expect(f"somebody answered {input()}", False)
except EOFError:
    expect("", True)
done()
