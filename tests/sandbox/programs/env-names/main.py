import os
import sys

from probe import done, expect

expect(f"host name {os.uname().nodename}", os.uname().nodename == "sandbox")
expect(f"user {os.getuid()}", os.getuid() == os.geteuid() == 1000)
expect(f"group {os.getgid()}", os.getgid() == os.getegid() == 1000)
expect(f"groups {os.getgroups()}", set(os.getgroups()) <= {1000, 65534})
expect(f"working folder {os.getcwd()}", os.getcwd() == "/tmp")
expect(f"prefix {sys.prefix}", sys.prefix == "/venv")
expect(
    "the virtual environment names a host path",
    "/usr/bin" in open("/venv/pyvenv.cfg").read() or "/runtime" in open("/venv/pyvenv.cfg").read(),
)
done()
