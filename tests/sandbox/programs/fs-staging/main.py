import errno

from probe import done, expect, refused

expect("the input cannot be read", open("/input/data.txt").read() == "input\n")
refused("the input can be changed", lambda: open("/input/data.txt", "a"), errno.EROFS, errno.EACCES)
refused("a file can be added to the input", lambda: open("/input/new", "x"), errno.EROFS)
done()
