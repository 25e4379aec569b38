import errno

from probe import done, refused

for name in (
    "kallsyms",
    "kcore",
    "config.gz",
    "cmdline",
    "version",
    "modules",
    "iomem",
    "kmsg",
    "kpageflags",
    "timer_list",
    "interrupts",
    "slabinfo",
    "vmallocinfo",
):
    refused(f"/proc/{name}", lambda: open(f"/proc/{name}").close(), errno.ENOENT)
done()
