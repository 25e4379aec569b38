"""The filter, run here instruction by instruction as the kernel would."""

from __future__ import annotations

import errno
import platform
import struct

import pytest

from sandbox import seccomp

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers here are those of x86-64")
pyseccomp = pytest.importorskip("pyseccomp")
X86_64, I386 = 0xC000003E, 0x40000003
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
HIGH = 1 << 32


def answer(number: int, *arguments: int, architecture: int = X86_64, local: bool = False) -> int:
    """A classic BPF machine with the few instructions that system-call filters use."""
    data = struct.pack("<iIQ6Q", number & 0x7FFFFFFF, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    filter_ = seccomp.program(local_sockets=local)
    program = [struct.unpack_from("<HBBI", filter_, place) for place in range(0, len(filter_), 8)]
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            place += value
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x35: accumulator >= value}[code]
            place += if_true if holds else if_false


def call(name: str, *arguments: int, local: bool = False) -> int:
    return answer(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name), *arguments, local=local)


@pytest.mark.parametrize(("names", "expected"), [("ALLOW", ALLOW), ("KILL", KILL), ("NOT_THERE", ENOSYS)])
def test_every_listed_call_gets_the_answer_of_its_list(names: str, expected: int) -> None:
    got = {name: call(name) for name in getattr(seccomp, names)}

    assert {name: value for name, value in got.items() if value != expected} == {}
    assert len(got) >= 10


def test_no_call_is_in_two_lists() -> None:
    names = [*seccomp.ALLOW, *seccomp.KILL, *seccomp.NOT_THERE]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name", ["socket", "connect", "bind", "flock", "inotify_init", "mincore", "shmget", "setuid", "capset", "mknod"]
)
def test_what_is_in_no_list_is_refused(name: str) -> None:
    assert call(name) == EPERM


@pytest.mark.parametrize("number", [451, 457, 462, 1000, 0x3FFFFFFF])
def test_calls_newer_than_the_list_are_not_there(number: int) -> None:
    assert answer(number) == ENOSYS


@pytest.mark.parametrize("number", [0x40000000, 0x40000000 | 39, 0x40000000 | 512])
def test_calls_of_the_x32_kind_kill(number: int) -> None:
    assert answer(number) == KILL


@pytest.mark.parametrize("number", [20, 102, 359, 1000])
def test_calls_of_32_bit_programs_kill(number: int) -> None:
    assert answer(number, architecture=I386) == KILL


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (17,), ALLOW),
        ("clone", (0x50F00,), ALLOW),  # a thread
        ("clone", (0x10000000 | 17,), EPERM),
        ("clone", (0x02000000,), EPERM),
        ("clone", (0x10000000 | HIGH,), EPERM),
        ("unshare", (0x400,), ALLOW),
        ("unshare", (0x10000000,), EPERM),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5401 | HIGH), ALLOW),  # the kernel looks at the lower half only
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (0, 0x5412 | HIGH), EPERM),
        ("fcntl", (0, 3), ALLOW),
        ("fcntl", (0, 6), EPERM),
        ("fcntl", (0, 1024 | HIGH), EPERM),
        ("prctl", (15,), ALLOW),
        ("prctl", (22,), EPERM),
        ("personality", (0xFFFFFFFF,), ALLOW),
        ("personality", (0x0040000,), EPERM),
        ("socketpair", (1,), ALLOW),
        ("socketpair", (30,), EPERM),  # TIPC
        ("prlimit64", (0,), ALLOW),
        ("prlimit64", (1,), EPERM),
        ("socketpair", (1, 1), ALLOW),
        ("socketpair", (2, 1), EPERM),
        ("socketpair", (30 | HIGH, 1), EPERM),
        ("preadv2", (0, 0, 0, 0, 0, 0), ALLOW),
        ("preadv2", (0, 0, 0, 0, 0, 0x8), EPERM),
        ("preadv2", (0, 0, 0, 0, 0, 0x18), EPERM),
        ("setsockopt", (0, 1, 16), ALLOW),
        ("setsockopt", (0, 1, 26), EPERM),  # a filter
        ("setsockopt", (0, 1, 7), EPERM),  # a larger buffer
        ("setsockopt", (0, 6, 2), EPERM),  # of TCP
    ],
)
def test_arguments_decide_where_a_call_is_harmless_with_some_only(
    name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert call(name, *arguments) == expected


def test_with_local_sockets_a_program_may_make_those_and_no_others() -> None:
    assert call("socket", 1, local=True) == ALLOW
    assert [call("socket", family, local=True) for family in range(50) if family != 1] == [EPERM] * 49
    assert call("socket", 1) == EPERM


def test_with_local_sockets_only_the_calls_that_connect_them_are_added() -> None:
    names = {
        *seccomp.ALLOW,
        *seccomp.KILL,
        *seccomp.NOT_THERE,
        "flock",
        "inotify_init",
        "setuid",
        "mknod",
        "socketpair",
    }

    added = {name for name in {*names, *seccomp.LOCAL_SOCKETS} if call(name, local=True) != call(name)}

    assert added == {"bind", "listen", "accept", "accept4", "connect"}


def test_with_local_sockets_a_thread_may_be_given_ordinary_scheduling_only() -> None:
    answers = [call("sched_setscheduler", 0, policy, local=True) for policy in range(8)]

    assert answers == [ALLOW] + [EPERM] * 7
    assert call("sched_setscheduler", 0, 0) == EPERM


def test_the_filter_is_built_once() -> None:
    assert seccomp.program() is seccomp.program()
    assert seccomp.available() == ""


Rules = list[tuple[frozenset[int], list[dict[str, int]], int]]


def profile_rules(*, local: bool) -> Rules:
    """The profile for container engines: numbers of calls, tests of their arguments, and the answer."""
    actions = {"SCMP_ACT_ALLOW": ALLOW, "SCMP_ACT_KILL_PROCESS": KILL, "SCMP_ACT_ERRNO": ERRNO}
    profile = seccomp.oci_profile(local_sockets=local)
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", errno.EPERM)
    return [
        (
            frozenset(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) for name in rule["names"]),
            rule.get("args", []),
            actions[rule["action"]] | rule.get("errnoRet", 0),
        )
        for rule in profile["syscalls"]
    ]


def profile_answer(rules: Rules, number: int, value: int) -> int:
    """As libseccomp reads it: a rule that has no tests, or whose tests all hold (here all arguments are alike)."""
    for numbers, tests, found in rules:
        if number in numbers and all(value & test["value"] == test["valueTwo"] for test in tests):
            return found
    return EPERM


@pytest.mark.parametrize("local", [False, True])
def test_the_profile_for_container_engines_answers_as_the_filter_does(local: bool) -> None:
    rules = profile_rules(local=local)
    named = {number for numbers, tests, _ in rules if tests for number in numbers}
    values = (1, 2, 37, 0x400, 0x5401, 0x5412, 0x7E02_0000, 0x1000_0000, 0xFFFF_FFFF, HIGH | 0x5412, 0x5356_4D41)
    asked = [(number, 0) for number in range(seccomp.NEWEST_KNOWN + 1)]
    asked += [(number, value) for number in sorted(named) for value in values]

    different = [
        (number, hex(value))
        for number, value in asked
        if answer(number, value, value, local=local) != profile_answer(rules, number, value)
    ]

    assert different == []
