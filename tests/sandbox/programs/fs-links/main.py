import os

from probe import done, expect

for number, target in enumerate(("/etc/passwd", "../../../../etc/shadow", "/proc/1/root/etc/passwd", "/root/.ssh")):
    os.symlink(target, f"/tmp/link{number}")
    expect(f"a link to {target} leads somewhere", not os.path.exists(f"/tmp/link{number}"))
expect("above / there is something else", os.stat("/..").st_ino == os.stat("/").st_ino)
for path in ("/oldroot", "/newroot", "/proc", "/sys", "/run", "/var", "/home", "/root", "/mnt", "/boot", "/etc/passwd"):
    expect(f"{path} exists", not os.path.lexists(path))
done()
