import errno
import os

from probe import done, expect, refused

for home in ("/root", "/home", os.path.expanduser("~"), "/var/lib", "/srv", "/work"):
    for name in (
        ".ssh/id_rsa",
        ".aws/credentials",
        ".netrc",
        ".pgpass",
        ".docker/config.json",
        ".kube/config",
        ".git-credentials",
    ):
        refused(f"{home}/{name}", lambda: os.stat(f"{home}/{name}"), errno.ENOENT)
for path in (
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/run/secrets",
    "/run/systemd/private",
    "/.dockerenv",
):
    expect(path, not os.path.lexists(path))
done()
