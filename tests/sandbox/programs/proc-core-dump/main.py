import os
import resource
import signal

from probe import done, expect

child = os.fork()
if child == 0:
    os.chdir("/tmp")
    os.kill(os.getpid(), signal.SIGQUIT)
status = os.waitpid(child, 0)[1]
expect("not ended by the signal", os.WTERMSIG(status) == signal.SIGQUIT)
expect("an image was written", not os.WCOREDUMP(status))
expect(f"/tmp has {os.listdir('/tmp')}", os.listdir("/tmp") == [])
expect("images can be allowed", resource.getrlimit(resource.RLIMIT_CORE) == (0, 0))
done()
