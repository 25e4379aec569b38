import errno
import gc
import os
import sys
import sysconfig

from probe import done, expect, refused

canary = sys.argv[1]
seen = [thing for thing in gc.get_objects() if isinstance(thing, dict)]
strings = {value for thing in seen for value in list(thing.values()) if isinstance(value, str)}
expect("the canary is in memory twice", not any(canary in text for text in strings if text != canary))
packages = sysconfig.get_path("purelib")
refused("sitecustomize can be planted", lambda: open(packages + "/sitecustomize.py", "w"), errno.EROFS)
refused("a .pth file can be planted", lambda: open(packages + "/x.pth", "w"), errno.EROFS)
refused(
    "compiled code can be planted", lambda: open(os.path.dirname(os.__file__) + "/__pycache__/x.pyc", "w"), errno.EROFS
)
expect(
    "the path has places of the host",
    all(place.startswith(("/code", "/probe", "/venv", "/usr/lib/python", "/runtime")) for place in sys.path),
)
done()
