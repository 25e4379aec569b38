import errno
import os

from probe import done, refused

for path in (
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/postgresql/.s.PGSQL.5432",
    "/run/redis/redis.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
    "/tmp/.X11-unix/X0",
    "/run/user/0/bus",
):
    refused(path, lambda: os.stat(path), errno.ENOENT)
done()
