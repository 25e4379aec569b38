from calls import call
from probe import done, killed

killed("ptrace in a child", lambda: call("ptrace", 0, 0, 0, 0))
killed("bpf in a child", lambda: call("bpf", 0, 0, 0))
done()
