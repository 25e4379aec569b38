import errno

from probe import done, refused

for name in (
    "kernel/core_pattern",
    "kernel/modprobe",
    "kernel/hostname",
    "kernel/ns_last_pid",
    "vm/drop_caches",
    "vm/overcommit_memory",
    "fs/binfmt_misc/register",
    "net/ipv4/ip_forward",
    "kernel/random/boot_id",
):
    refused(f"/proc/sys/{name}", lambda: open(f"/proc/sys/{name}").close(), errno.ENOENT)
    refused(f"writing /proc/sys/{name}", lambda: open(f"/proc/sys/{name}", "w").close(), errno.ENOENT)
done()
