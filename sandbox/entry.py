"""The first program in a pod: sets limits that the cluster has no field for, lays the streams, and becomes the command.

Sent to the pod as text and run by the image's own Python (`python -I -S -c TEXT PLAN`), so it uses the standard library
only. What it says goes to the container's own log, which the command never gets: when there is something in it, no
program of a contestant has run.
"""

import fcntl
import json
import os
import resource
import sys

NOT_STARTED = 127


def main(plan: dict) -> None:  # type: ignore[type-arg]
    """`plan`: limits as {name: [soft, hard]}, streams as [path, flags] for 0, 1 and 2, workdir, env, argv."""
    log = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 16)
    try:
        for name, pair in plan["limits"].items():
            kind = getattr(resource, f"RLIMIT_{name}")
            most = resource.getrlimit(kind)[1]
            bounded = [value if most == resource.RLIM_INFINITY else min(value, most) for value in pair]
            resource.setrlimit(kind, (bounded[0], bounded[1]))
        for number, (path, flags) in enumerate(plan["streams"]):
            descriptor = os.open(path, flags)
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(plan["workdir"])
        os.execvpe(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606
    except (OSError, ValueError) as error:
        os.write(log, f"the command cannot be started: {error}\n".encode())
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
