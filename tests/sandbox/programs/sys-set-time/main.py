import socket
import time

from probe import done, killed

killed("clock_settime", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
killed("sethostname", lambda: socket.sethostname("host"))
done()
