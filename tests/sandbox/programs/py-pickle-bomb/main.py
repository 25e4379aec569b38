import pickle

from probe import done, expect, held

held()
expect("a shell ran", pickle.loads(b"cos\nsystem\n(S'/bin/sh -c id'\ntR.") == 127 << 8)
expect("a program ran", pickle.loads(b"cos\nsystem\n(S'curl http://127.0.0.1/'\ntR.") == 127 << 8)
done()
