"""What a change is of, and which steps it may take."""

import pytest

from competitions.change_rules import CHANGE_MOVES, ChangeKind, ChangeStatus, Difference, can_move_change, kind_of

LEGAL = {
    ("draft", "proposed"),
    ("draft", "withdrawn"),
    ("draft", "failed"),
    ("proposed", "approved"),
    ("proposed", "refused"),
    ("proposed", "withdrawn"),
    ("proposed", "draft"),
    ("approved", "applying"),
    ("approved", "withdrawn"),
    ("applying", "applied"),
    ("applying", "failed"),
}


@pytest.mark.parametrize("old", ChangeStatus.values)
@pytest.mark.parametrize("new", ChangeStatus.values)
def test_a_change_takes_these_steps_and_no_others(old: str, new: str) -> None:
    assert can_move_change(old, new) == ((old, new) in LEGAL)


def test_every_status_has_its_moves() -> None:
    assert set(CHANGE_MOVES) == set(ChangeStatus)


@pytest.mark.parametrize(
    ("noun", "field", "kind"),
    [
        ("phase", "ends_at", ChangeKind.SCHEDULE),
        ("phase", "max_submissions_per_day", ChangeKind.QUOTA),
        ("phase", "a_setting_of_tomorrow", ChangeKind.OTHER),
        ("task", "metrics", ChangeKind.METRIC),
        ("task", "version", ChangeKind.TRUTH),
        ("task", "split", ChangeKind.SPLIT),
        ("board", "tie_tolerance", ChangeKind.METRIC),
        ("data", "", ChangeKind.DATA),
        ("terms", "", ChangeKind.RULES),
        ("page", "text", ChangeKind.TEXT),
        ("contest", "contact_email", ChangeKind.TEXT),
        ("a noun of tomorrow", "x", ChangeKind.OTHER),
    ],
)
def test_a_field_is_of_its_kind_and_an_unknown_one_is_guarded(noun: str, field: str, kind: ChangeKind) -> None:
    assert kind_of(noun, field) == kind
    assert Difference(noun, "main", field).is_guarded == (kind != ChangeKind.TEXT)
