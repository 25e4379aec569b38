import gc
import sys
import threading

from probe import done, expect

frames = list(sys._current_frames().values())
expect(f"{len(frames)} threads", len(frames) == threading.active_count() == 1)
expect("a frame lies below the program's", frames[0].f_back is None)
ours = [
    name
    for name in sys.modules
    if name.split(".")[0] in ("sandbox", "competitions", "scoring", "django", "celery", "tests")
]
expect(f"modules {ours}", ours == [])
names = {getattr(thing, "__module__", None) for thing in gc.get_objects() if isinstance(thing, type)}
expect("a class of ours is in memory", not any(str(name).startswith(("sandbox", "competitions")) for name in names))
done()
