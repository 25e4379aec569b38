"""Whatever is wrong with a contest's files is told to Japanese organisers in Japanese."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from competitions.bundles.loading import Bundle, read_bundle
from competitions.bundles.problems import InvalidCompetition, Problem
from competitions.bundles.schema import json_schema
from competitions.bundles.shape import TRANSLATIONS
from tests.competitions.bundles import (
    test_awards,
    test_board_options,
    test_grid_contracts,
    test_judging,
    test_line_contracts,
    test_mask_contracts,
    test_mistakes,
    test_participation,
    test_promotion_settings,
    test_reading,
    test_sponsors,
)
from tests.competitions.bundles.contests import TABLE_YAML, changed, with_raster_task, write_contest

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
QUOTED = re.compile(r"'[^']*'|`[^`]*`|\"[^\"]*\"|https?:\S+")
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,} [a-z]{2,}")
SENTENCE = re.compile(r"[a-z]{2,},? [a-z]+")
# Rules that hold others, and have no message of their own.
STRUCTURE = {"properties", "patternProperties", "items", "allOf", "if", "then"}
NOTES = {"$schema", "title", "description"}
TRANSLATING = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}
# Words that are no messages: keys of tables of words, what is logged, titles in both languages, what programmers read.
NO_MESSAGES = {
    "earlier phase",
    "Run time (s)",
    "Processor time (s)",
    "a prize goes by a phase that is not there; check the document first",
}


def table_of(test: Any) -> list[tuple[Any, ...]]:
    """The cases of a parametrised test."""
    return list(test.pytestmark[0].args[1])


def in_masks(folder: Path, old: str, new: str) -> Bundle:
    path = test_mask_contracts.make_contest(folder / "contest") / "competition.yaml"
    path.write_text(changed(path.read_text(), old, new))
    return read_bundle(path.parent)


def in_promotion(folder: Path, old: str, new: str) -> Bundle:
    added = test_promotion_settings.AFTER + changed(test_promotion_settings.FINAL, old, new)
    text = changed(changed(TABLE_YAML, *test_promotion_settings.MORE_TASKS), test_promotion_settings.AFTER, added)
    return read_bundle(write_contest(folder, text))


def in_sponsors(folder: Path, old: str, new: str) -> Bundle:
    return read_bundle(test_sponsors.put(folder, test_sponsors.SPONSORS.replace(old, new), test_sponsors.LOGOS))


def in_contest(text: Callable[..., str], *parts: str) -> Callable[[Path], Bundle]:
    return lambda folder: read_bundle(write_contest(folder, text(*parts)))


def broken() -> Iterator[tuple[str, Callable[[Path], Bundle]]]:
    """The contests that other tests break: a name, and how the contest is made and read."""
    for name, (old, new, _) in test_mistakes.MISTAKES.items():
        yield name, lambda at, old=old, new=new: read_bundle(write_contest(at, changed(with_raster_task(at), old, new)))
    for name, (options, _) in test_board_options.MISTAKES.items():
        yield name, in_contest(test_board_options.with_options, options)
    for good, bad, message in test_judging.MISTAKES:
        yield message, in_contest(test_judging.text, changed(test_judging.IDEAS, good, bad))
    for name, (old, new, _) in test_line_contracts.MISTAKES.items():
        yield name, lambda at, old=old, new=new: test_line_contracts.bundle_of(at / "contest", old, new)
    for name, (old, new, _) in test_grid_contracts.MISTAKES.items():
        yield (
            name,
            lambda at, old=old, new=new: test_grid_contracts.bundle_of(at, changed(test_grid_contracts.YAML, old, new)),
        )
    for name, (old, new, _) in test_mask_contracts.MISTAKES.items():
        yield name, lambda at, old=old, new=new: in_masks(at, old, new)
    for old, new, expected in table_of(test_participation.test_a_mistake_is_named_with_its_line):
        yield expected, in_contest(changed, test_participation.text(), old, new)
    for old, new, expected in table_of(test_promotion_settings.test_a_mistake_is_told_with_its_place):
        yield expected, lambda at, old=old, new=new: in_promotion(at, old, new)
    for old, new, _, expected in table_of(test_awards.test_a_mistake_is_named_at_its_line):
        yield expected, in_contest(lambda *parts: TABLE_YAML + changed(*parts), test_awards.AWARDS, old, new)
    for old, new, at_line, expected in table_of(test_sponsors.test_a_mistake_is_told_with_its_line):
        yield f"{at_line} {expected}", lambda at, old=old, new=new: in_sponsors(at, old, new)


BROKEN = list(broken())


def assert_japanese(problems: list[Problem]) -> None:
    assert problems
    for problem in problems:
        assert JAPANESE.search(problem.message), problem.message
        assert ENGLISH.search(QUOTED.sub("", problem.message)) is None, problem.message


@pytest.mark.parametrize("make", [make for _, make in BROKEN], ids=[name for name, _ in BROKEN])
def test_every_mistake_that_these_tests_make_is_told_in_japanese(
    make: Callable[[Path], Bundle], tmp_path: Path, compiled_catalogue: None
) -> None:
    with translation.override("ja"):
        bundle = make(tmp_path)
    assert_japanese([*bundle.problems, *bundle.warnings])


@pytest.mark.parametrize(
    "content", [content for content, _ in table_of(test_reading.test_a_file_that_is_no_contest_at_all_is_refused)]
)
def test_why_a_file_is_no_contest_is_told_in_japanese(
    content: str | bytes, tmp_path: Path, compiled_catalogue: None
) -> None:
    with translation.override("ja"), pytest.raises(InvalidCompetition) as caught:
        test_reading.read(tmp_path, content)
    assert_japanese(list(caught.value.problems))


def test_every_rule_of_the_schema_has_a_sentence_of_its_own() -> None:
    """The library's own words are English alone."""

    def rules(schema: Any) -> Iterator[str]:
        for key, part in schema.items() if isinstance(schema, dict) else ():
            yield key
            if key in {"properties", "patternProperties"}:
                for inner in part.values():
                    yield from rules(inner)
            for inner in part if isinstance(part, list) else [part]:
                yield from () if key in {"properties", "patternProperties"} else rules(inner)

    assert set(rules(json_schema())) - STRUCTURE - NOTES == set(TRANSLATIONS)


def sentences(source: str) -> Iterator[str]:
    """Words in a row that a file holds outside of its comments, docstrings, log and what is translated."""
    tree = ast.parse(source)
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(id(node.value))
        if isinstance(node, ast.Call) and (_name(node) in TRANSLATING or _name(node) == "log"):
            left_out |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in left_out else None
        if isinstance(text, str) and SENTENCE.search(text):
            yield text


def _name(call: ast.Call) -> str:
    """gettext(...) -> gettext, log.exception(...) -> log"""
    of = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return of.id if isinstance(of, ast.Name) else ""


def test_no_sentence_about_a_contests_files_is_english_alone() -> None:
    folder = settings.BASE_DIR / "competitions" / "bundles"
    # Schemas say everything in English, and have a catalogue of their own.
    files = [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("schema")]
    assert len(files) > 30
    found = {path.name: set(sentences(path.read_text())) - NO_MESSAGES for path in files}
    assert {name: texts for name, texts in found.items() if texts} == {}
    assert list(sentences('raise ValueError(f"no such {thing} is there")')) == ["no such ", " is there"]
