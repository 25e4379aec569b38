"""What boxes of one machine take turns at."""

import fcntl
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from competitions.services import slots
from sandbox import SandboxError


@pytest.fixture(autouse=True)
def _another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real workers of this machine hold slots, too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_slot_that_is_held_is_nobody_elses_and_comes_back() -> None:
    with slots.slots(2) as first, slots.slots(2) as second:
        assert (first, second) == ([4, 5], [6, 7])
    with slots.slots(1) as again:
        assert again == [4]


def test_more_boxes_than_slots_are_a_fault_of_ours_and_hold_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "SLOTS", range(4, 6))
    with slots.slots(1), pytest.raises(SandboxError, match="all 2 sandbox slots"), slots.slots(2):
        pytest.fail("there is one slot left")
    with slots.slots(2) as both:
        assert both == [4, 5]


def test_a_worker_that_never_ends_its_self_test_holds_up_the_others_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots, "SELF_TEST_TURN_SECONDS", 0.2)
    turn, in_vain = slots.alone_in_self_test(), slots.alone_in_self_test()
    with turn, pytest.raises(SandboxError, match="in its self-test"), in_vain:
        pytest.fail("two are in the self-test")
    with slots.alone_in_self_test():
        pass


# -- a quiet machine --------------------------------------------------------------------------------------------------


class Person(threading.Thread):
    """Holds a slot, quiet or not, from when it gets it until it is told to go."""

    def __init__(self, *, quiet: bool = False, cancel: threading.Event | None = None) -> None:
        super().__init__(daemon=True)
        self._slot = slots.quiet_slot(cancel=cancel) if quiet else slots.slots(1)
        self.has_begun, self.may_end, self.refused = threading.Event(), threading.Event(), ""
        self.start()

    def run(self) -> None:
        try:
            with self._slot:
                self.has_begun.set()
                self.may_end.wait(30)
        except SandboxError as error:
            self.refused = str(error)

    def go(self) -> None:
        self.may_end.set()
        self.join(10)
        assert not self.is_alive()


def comes_soon(person: Person) -> bool:
    return person.has_begun.wait(10)


def stays_out(*people: Person) -> bool:
    """A moment is enough: who is let in by mistake comes in at the next try, every 20 ms."""
    time.sleep(0.2)
    return not any(person.has_begun.is_set() for person in people)


def holds_the_gate(quiet: Person) -> bool:
    """Waits for what lets nobody past who comes later; the thread may be slow to get so far."""
    gate = slots._opened(slots._lock_folder() / "gate")
    try:
        for _ in range(500):
            if not slots._try_flock(gate, fcntl.LOCK_SH):
                return not quiet.has_begun.is_set()
            fcntl.flock(gate, fcntl.LOCK_UN)
            time.sleep(0.02)
    finally:
        os.close(gate)
    return False


def test_others_wait_while_one_has_the_machine_to_itself() -> None:
    quiet = Person(quiet=True)
    assert comes_soon(quiet)
    others = [Person(), Person()]
    assert stays_out(*others)
    quiet.go()
    assert all(map(comes_soon, others))
    for other in others:
        other.go()


def test_who_wants_the_machine_waits_for_those_that_are_there_and_nobody_overtakes() -> None:
    there = [Person(), Person()]
    assert all(map(comes_soon, there))
    quiet = Person(quiet=True)
    assert holds_the_gate(quiet)
    late = [Person() for _ in range(5)]  # a stream of others must not keep it waiting
    assert stays_out(quiet, *late)
    there[0].go()
    assert stays_out(quiet, *late)
    there[1].go()
    assert comes_soon(quiet)
    assert stays_out(*late)
    quiet.go()
    assert all(map(comes_soon, late))
    for one in late:
        one.go()


def test_who_is_cancelled_while_waiting_for_a_quiet_machine_lets_the_others_in() -> None:
    there, cancel = Person(), threading.Event()
    assert comes_soon(there)
    quiet = Person(quiet=True, cancel=cancel)
    assert holds_the_gate(quiet)
    late = Person()
    assert stays_out(quiet, late)
    cancel.set()
    quiet.join(10)
    assert quiet.refused == "cancelled while waiting for a quiet machine"
    assert comes_soon(late)
    for one in (there, late):
        one.go()


def test_two_that_want_the_machine_take_turns() -> None:
    people = [Person(quiet=True), Person(quiet=True)]
    first = next(person for _ in range(500) for person in people if person.has_begun.wait(0.02))
    (second,) = (person for person in people if person is not first)
    assert stays_out(second)
    first.go()
    assert comes_soon(second)
    second.go()


def test_whoever_ends_in_an_error_leaves_the_machine_to_the_others() -> None:
    with pytest.raises(OSError, match="disk"), slots.quiet_slot():
        raise OSError("disk full")
    with slots.slots(1) as (slot,):
        assert slot == 4
