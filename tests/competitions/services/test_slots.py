"""What boxes of one machine take turns at."""

import tempfile
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
