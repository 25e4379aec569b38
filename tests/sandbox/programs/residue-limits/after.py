import os
import resource
import signal

from probe import done, expect

expect("descriptors", resource.getrlimit(resource.RLIMIT_NOFILE) == (256, 256))
expect("processes", resource.getrlimit(resource.RLIMIT_NPROC)[0] > 1)
expect("priority", os.getpriority(os.PRIO_PROCESS, 0) == 0)
expect("mask", os.umask(0o22) == 0o22)
expect("signals", signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set())
expect("folder", os.getcwd() == "/tmp")
done()
