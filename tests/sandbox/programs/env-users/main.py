import grp
import os
import pwd

from probe import done, expect

expect(f"users {pwd.getpwall()}", pwd.getpwall() == [])
expect(f"groups {grp.getgrall()}", grp.getgrall() == [])
for name in ("passwd", "group", "hosts", "resolv.conf", "hostname", "machine-id", "os-release", "ssl", "krb5.conf"):
    expect(f"/etc/{name} is there", not os.path.lexists(f"/etc/{name}"))
done()
