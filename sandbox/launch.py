"""The launcher: a small program that stands between the supervisor and bubblewrap. Run by path, never imported by it.

Why a process of its own:

* PR_SET_PDEATHSIG follows the *thread* that started a child, so a box started from a pool thread would be killed when
  that thread ends. The launcher has one thread and lives as long as the supervisor holds its socket.
* The mounts and the drop to the slot's uid must happen between fork and exec. Forking a worker of hundreds of megabytes
  and many threads for that is slow and unsafe.
* Orphans of a box must be reaped, or their zombies eat up the uid's process limit. The worker need not become a
  subreaper.

The launcher keeps one pair of processes ready, because forks are what a start would otherwise spend its time on: a
*warden*, which as root has a private mount namespace, and its child, which as root has a network namespace of its own
without a device that is up, and waits for a request. One request is one datagram: a JSON plan and descriptors - first
the run's own socket, then the entrances of control groups, then those that the box will see as 0, 1, 2, ... The child
hands the socket to its warden and binds every source onto a neutral name, so that neither need the folders above a
source be open to the slot's uid, nor does a host path appear in what the box was made from. It goes into its control
groups, sets the limits, becomes the slot's uid, and then bubblewrap. The warden waits until every process of the box
has been reaped, and answers with the exit status and the resources used. It kills the box when the run's socket closes.

What is not about the request is done before it comes, and nothing is done beside a start that can wait: the next pair
is made when the box is gone, when somebody asks for it, or half a second after.

Everything dies with the supervisor: its death closes the run's socket, whereupon the warden kills bubblewrap and then
the box's first process, and waits for the rest. Should the warden itself be killed, bubblewrap and with it the box die
too (PDEATHSIG, set again after the change of uid has cleared it). The pair that waits dies with the launcher. Staging
lives in the private namespace and is gone with it.
"""

# Small and quick to start and to fork, so without pathlib, dataclasses and typing, which bring megabytes with them; and
# becoming another program is what it is for:
# ruff: noqa: PTH102, PTH106, PTH108, PTH112, PTH115, PTH116, PTH123, PTH208, PTH211, S606

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

MS_BIND, MS_SLAVE_REC = 4096, (1 << 19) | 16384
MNT_DETACH = 2
CLONE_NEWNS, CLONE_NEWNET = 0x0002_0000, 0x4000_0000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STAGING = "/tmp"  # noqa: S108  # exists everywhere; covered by a tmpfs in the private namespace only
SCRATCH = "/var/tmp" if os.path.isdir("/var/tmp") else STAGING  # noqa: S108  # on disk, unlike most /tmp
# Nobody's inputs, and often a dozen mounts: bubblewrap reads the list of all mounts for each thing that it binds.
UNSEEN = ("/sys", "/dev/pts")
MAX_MESSAGE = 1 << 20
MAX_DESCRIPTORS = 32
PAUSE_SECONDS = 0.5
REHEARSAL = json.dumps(
    {
        "argv": ["/usr/bin/bwrap", "--args", "3", "--", "/venv/bin/python", "main.py"],
        "environment": {},
        "binds": [["/srv/tidemark/input", False]] * 4,
        "rlimits": dict.fromkeys(("CORE", "CPU", "FSIZE", "NOFILE", "NPROC", "STACK", "MEMLOCK"), (1, 2)),
    }
).encode()

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Keep one pair of processes ready until the supervisor, at the other end of descriptor 0, is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens are reaped by the kernel
    os.chdir("/")
    os.umask(0o022)
    os.closerange(3, 1 << 16)
    requests = socket.socket(fileno=os.dup(0))
    os.dup2(1, 0)  # or every warden would hold the supervisor's socket open, and our death would go unnoticed
    launcher = os.getpid()
    while True:
        taken, there = os.pipe()
        if os.fork() == 0:
            os.close(taken)
            warden(requests, there, launcher)
        os.close(there)
        if not _is_wanted(taken, requests):
            return
        os.close(taken)


def _is_wanted(taken: int, requests: socket.socket) -> bool:
    """Wait until the pair has taken a request and the next is wanted, or the pair was lost; False when no more requests
    will come.
    """
    poll = select.poll()
    poll.register(taken, select.POLLIN)
    poll.register(requests, 0)  # only its hanging up
    if requests.fileno() in dict(poll.poll()):
        return False
    if not os.read(taken, 1):
        return True  # lost
    poll.register(requests, select.POLLIN)
    events = dict(poll.poll(PAUSE_SECONDS * 1000))
    return not events.get(requests.fileno(), 0) & select.POLLHUP


def warden(requests: socket.socket, taken: int, launcher: int) -> NoReturn:
    """See one box through from its making to its end, and answer on the run's socket."""
    _die_with(launcher)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    own = os.getpid()
    has_namespace = os.geteuid() == 0 and _has_own_mounts()
    scratch = os.open(SCRATCH, os.O_PATH | os.O_DIRECTORY)
    pid = os.fork()
    if pid == 0:
        here.close()
        become_box(requests, taken, there, scratch, own, has_namespace=has_namespace)
    for end in (requests, there):
        end.close()
    _answer_for(pid, here, scratch)  # with `taken` open until it is through


def _answer_for(pid: int, pair: socket.socket, scratch: int) -> NoReturn:
    copies, descriptors, _, _ = socket.recv_fds(pair, MAX_MESSAGE, 1)
    if not descriptors:
        os._exit(0)  # no request came
    _libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)  # from now on the run's socket is what we live for
    control = socket.socket(fileno=descriptors[0])
    answer = _reap(pid, control, lambda: _remove(copies.decode(), scratch))
    problem = pair.recv(MAX_MESSAGE).decode(errors="replace")  # empty when bubblewrap was started
    with contextlib.suppress(OSError):  # the supervisor is gone: nobody to tell
        control.send(json.dumps(answer | {"error": problem}).encode())
    os._exit(0)


def become_box(
    requests: socket.socket, taken: int, pair: socket.socket, scratch: int, parent: int, *, has_namespace: bool
) -> NoReturn:
    """Wait for a request; then mounts and limits, while still allowed to; then the uid; then bubblewrap."""
    _die_with(parent)
    try:
        _prepare(has_namespace=has_namespace)
        hindrance = None
    except OSError as error:  # told to whoever asks; without a pair that waits nobody would be told anything
        hindrance = error
    message, descriptors, _, _ = socket.recv_fds(requests, MAX_MESSAGE, MAX_DESCRIPTORS)
    os.write(taken, b"1")
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # received ones are inherited, and would show up in the box
    if not message:
        os._exit(0)
    plan = json.loads(message)
    socket.send_fds(pair, [plan["copies"].encode()], descriptors[:1])
    os.close(descriptors[0])
    try:
        if hindrance is not None:
            raise hindrance
        _exec(plan, descriptors[1:], parent, pair, scratch)
    except OSError as error:
        pair.send(f"{error.strerror}: {error.filename}".encode())
    finally:
        os._exit(127)


def _prepare(*, has_namespace: bool) -> None:
    """What a start needs and no request decides."""
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # should the whole machine run out of memory, boxes go first
    if os.geteuid() == 0 and not (has_namespace and _libc.unshare(CLONE_NEWNET) == 0):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), "private mount and network namespaces")
    rehearse()


def _exec(plan: dict[str, Any], descriptors: list[int], parent: int, pair: socket.socket, scratch: int) -> NoReturn:
    if plan["uid"] is not None:
        stage(plan["binds"], Copies(scratch, plan["copies"], plan["uid"]))
    for entrance in descriptors[: plan["groups"]]:
        _enter(entrance)
    for name, value in plan["rlimits"].items():
        _limit(getattr(resource, f"RLIMIT_{name}"), value)
    if plan["uid"] is not None:
        os.setgroups([])
        os.setresgid(plan["uid"], plan["uid"], plan["uid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    _die_with(parent)  # again: the change of uid has cleared it
    _place(descriptors[plan["groups"] :], pair)
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])


def _enter(group: int) -> None:
    try:
        os.write(group, b"0")  # whoever writes it
    except OSError as error:
        raise OSError(error.errno, error.strerror, "the control group") from error


def rehearse() -> None:
    """Go through what a request brings, with nothing at stake: a forked process copies each page of its memory when it
    first writes there, and had better do that while nobody waits.
    """
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    socket.send_fds(near, [REHEARSAL], [near.fileno()])
    message, descriptors, _, _ = socket.recv_fds(far, MAX_MESSAGE, MAX_DESCRIPTORS)
    for name in json.loads(message)["rlimits"]:
        kind = getattr(resource, f"RLIMIT_{name}")
        _limit(kind, resource.getrlimit(kind))
    os.set_inheritable(descriptors[0], False)
    for descriptor in (*descriptors, _dup_above(near.fileno(), 0)):
        os.close(descriptor)
    near.close()
    far.close()


def _place(descriptors: list[int], pair: socket.socket) -> None:
    """Number them 0, 1, 2, ...; everything else of ours is closed by the exec, `pair` among it."""
    above = len(descriptors)
    high = [_dup_above(descriptor, above) for descriptor in descriptors]
    if pair.fileno() < above:  # its number is wanted
        moved = _dup_above(pair.fileno(), above)
        pair.close()
        pair.__init__(fileno=moved)  # type: ignore[misc]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number, inheritable=True)


def _dup_above(descriptor: int, floor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, floor)


def _limit(kind: int, value: tuple[int, int]) -> None:
    _, hard = resource.getrlimit(kind)
    ceiling = hard if hard != resource.RLIM_INFINITY else max(value)
    resource.setrlimit(kind, (min(value[0], ceiling), min(value[1], ceiling)))


def _reap(pid: int, control: socket.socket, forget_copies: Callable[[], None]) -> dict[str, Any]:
    """Wait until no process of the box is left; its first one becomes our child when bubblewrap's own has ended."""
    monitor = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(monitor, select.POLLIN)
    poll.register(control, select.POLLIN)
    while monitor not in {descriptor for descriptor, _ in poll.poll()}:
        if control.recv(1):  # the box is made: its mounts are all that copies are needed by
            forget_copies()
        else:  # the supervisor wants it dead, or is dead
            os.kill(pid, signal.SIGKILL)
            poll.unregister(control)
    forget_copies()
    status, cpu, largest = None, 0.0, 0
    while True:
        try:
            child, ended, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return {"status": status, "cpu_seconds": cpu, "largest_kib": largest}
        cpu += usage.ru_utime + usage.ru_stime  # its own and that of all it has reaped
        largest = max(largest, usage.ru_maxrss)
        if child == pid:
            status = ended
            _kill_children()


def _kill_children() -> None:
    """End the box's first process, now our child, and with it the namespace.

    While it waits to be released it does not yet die with bubblewrap; and it would take our death for the release.
    """
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        for child in file.read().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


def _die_with(parent: int) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


# ---- staging: a private mount namespace in which every source has a neutral name ------------------------------------


class Copies:
    """Where files that the slot's uid may not read are copied: a folder on disk, gone as soon as the box is made."""

    def __init__(self, scratch: int, name: str, uid: int) -> None:
        """`scratch` is a descriptor of the folder that it is in."""
        self.scratch, self.name, self.uid = scratch, name, uid

    def place(self) -> str:
        """A new name in the folder, which is made with the first."""
        folder = f"/proc/self/fd/{self.scratch}/{self.name}"
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        return f"{folder}/{os.urandom(8).hex()}"


def _remove(name: str, scratch: int) -> None:
    folder = f"/proc/self/fd/{scratch}/{name}"
    with contextlib.suppress(FileNotFoundError):
        for copy in os.listdir(folder):
            os.unlink(f"{folder}/{copy}")
        os.rmdir(folder)


def _has_own_mounts() -> bool:
    """Take a private copy of all mounts. What the host mounts later is seen in it; what we mount, outside is not."""
    if _libc.unshare(CLONE_NEWNS) or _libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_SLAVE_REC), None):
        return False  # without the second, what is taken away next would be taken from the host, too
    for place in UNSEEN:
        while _libc.umount2(place.encode(), MNT_DETACH) == 0:
            pass
    return True


def stage(binds: list[tuple[str, bool]], copies: Copies) -> None:
    """Show the n-th source as /tmp/n, in this process, its warden and its children only.

    The flag beside a source says that it is known to be open to everybody: a runtime's thousands of files are not
    looked through for each run.
    """
    sources = [(os.open(path, os.O_PATH), is_ready) for path, is_ready in binds]
    _mount("tmpfs", STAGING, 0, "tmpfs", "size=64m,mode=755,nr_inodes=100000")
    for number, (source, is_ready) in enumerate(sources):
        _show(source, f"{STAGING}/{number}", copies, is_ready=is_ready)


def _show(source: int, at: str, copies: Copies, *, is_ready: bool) -> None:
    """Bind a source, or, where something in it is closed to the slot's uid, lay it out anew.

    Laid out: folders are made, files that are open to everybody are bound one by one, and only the others are copied.
    Large inputs are therefore never copied as long as they are stored readable (0644) - in a folder that need not be
    (0700).
    """
    origin = f"/proc/self/fd/{source}"
    mode = os.stat(origin).st_mode
    if is_ready or _is_open_to_all(origin):
        _make_place(at, is_folder=stat.S_ISDIR(mode))
        _mount(origin, at, MS_BIND)
    elif stat.S_ISDIR(mode):
        _lay_out(origin, at, copies)
    else:
        _show_file(origin, mode, at, copies)


def _lay_out(origin: str, at: str, copies: Copies) -> None:
    for folder, names, files in os.walk(origin):
        target = at + folder[len(origin) :]
        os.mkdir(target, 0o755)
        for name in names + files:
            path = f"{folder}/{name}"
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                os.symlink(os.readlink(path), f"{target}/{name}")
            elif stat.S_ISREG(mode):  # a socket or device has no business in a box
                _show_file(path, mode, f"{target}/{name}", copies)


def _show_file(origin: str, mode: int, at: str, copies: Copies) -> None:
    _make_place(at, is_folder=False)
    if not mode & stat.S_IROTH:
        original, origin = origin, copies.place()
        _copy(original, origin, copies.uid)
    _mount(origin, at, MS_BIND)


def _copy(origin: str, copy: str, uid: int) -> None:
    target = os.open(copy, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o400)
    source = os.open(origin, os.O_RDONLY)
    try:
        while os.sendfile(target, source, None, 1 << 30):
            pass
        os.fchown(target, uid, uid)
    finally:
        os.close(source)
        os.close(target)


def _make_place(at: str, is_folder: bool) -> None:
    if is_folder:
        os.mkdir(at, 0o755)
    else:
        os.close(os.open(at, os.O_CREAT | os.O_EXCL, 0o444))


def _is_open_to_all(origin: str) -> bool:
    """A folder with a socket or a pipe is not: a box could talk to the host through it, so it is laid out without."""
    mode = os.stat(origin).st_mode
    if not stat.S_ISDIR(mode):
        return bool(mode & stat.S_IROTH)
    if mode & 0o5 != 0o5:
        return False
    with os.scandir(origin) as entries:
        return all(
            entry.is_symlink()
            or (
                _is_open_to_all(entry.path)
                if entry.is_dir()
                else entry.is_file() and entry.stat().st_mode & stat.S_IROTH
            )
            for entry in entries
        )


def _mount(source: str, target: str, flags: int, kind: str | None = None, options: str | None = None) -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind, options)]
    if _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]):
        raise _failure(target)


def _failure(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    main()
