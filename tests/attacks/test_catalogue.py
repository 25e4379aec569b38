"""Every entry of the catalogue has a test, or a paragraph for operators that says why it has none."""

from tests.attacks.catalogue import ENTRIES, RESIDUAL, TESTS, found_by_entry, marks_in

RISKS = (TESTS.parent / "deploy" / "RESIDUAL_RISKS.md").read_text()


def test_every_entry_has_a_test() -> None:
    found = found_by_entry()
    assert [entry for entry in ENTRIES if entry not in RESIDUAL and entry not in found] == []
    assert [f"{entry}: {tests}" for entry, tests in found.items() if entry not in ENTRIES] == []


def test_what_has_no_test_is_told_to_operators() -> None:
    assert sorted(RESIDUAL & set(found_by_entry())) == []
    assert [entry for entry in sorted(RESIDUAL) if f"({entry})" not in RISKS] == []


def test_a_mark_is_read_from_the_front_of_a_docstring_only() -> None:
    source = (
        'def test_a():\n    """I4, P11: a bomb."""\ndef test_b():\n    """Not I4: at all."""\n'
        'class TestC:\n    def test_c(self):\n        """W1: a message."""\n'
    )
    assert dict(marks_in(source)) == {"test_a": ["I4", "P11"], "test_c": ["W1"]}
