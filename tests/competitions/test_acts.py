"""Every act that the audit log is told has words in both languages; an act that only old rows have stays as it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from competitions.acts import ACTS, act_text
from competitions.change_rules import ChangeStatus
from competitions.status import MergeStatus

STATES = {"change ": ChangeStatus, "merge ": (MergeStatus.DECLINED, MergeStatus.WITHDRAWN)}
OTHERS = {"self", "moves"}  # whose `note` is about something else
SOURCES = sorted((Path(__file__).parents[2] / "competitions/services").rglob("*.py"))


def _verbs() -> set[str]:
    """What is passed as `verb` to `audit.note` and to the functions of services that pass it on."""
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    places: dict[str, set[int]] = {}
    for function in functions:
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if "verb" in names:
            places.setdefault(function.name, set()).add(names.index("verb"))
    return {verb for tree in trees for verb in _passed(tree, places)}


def _passed(tree: ast.Module, places: dict[str, set[int]]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == "verb" for one in node.targets):
            yield from _texts(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] not in OTHERS:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for place in places.get(name, ()):
                yield from _texts(node.args[place]) if place < len(node.args) else ()


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    if isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
    if isinstance(value, ast.JoinedStr):
        start = ast.unparse(value.values[0]).strip("'")
        yield from (f"{start}{status}" for status in STATES.get(start, ()))


def test_every_act_that_is_noted_has_words():
    noted = _verbs()

    assert len(noted) > 60
    assert noted - set(ACTS) == set()
    assert set(ACTS) - noted == set()


@pytest.mark.parametrize("verb", ACTS)
def test_an_act_is_told_in_japanese(verb: str, compiled_catalogue):
    with translation.override("ja"):
        assert not act_text(verb).isascii()
    with translation.override("en"):
        assert act_text(verb).isascii()


def test_an_act_that_has_no_words_is_told_as_it_was_noted():
    assert act_text("moved the moon") == "moved the moon"
