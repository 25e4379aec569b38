import errno
import socket

from probe import done, ready, refused, until_the_other_has_ended

refused("a server", lambda: socket.create_server(("127.0.0.1", 54321)), errno.EPERM)
ready()
until_the_other_has_ended()
done()
