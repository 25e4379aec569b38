"""Every sentence that the sandbox and the programs' boxes have for a run that did not end well is there in Japanese."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from competitions.box_reasons import PROBES, SENTENCES, box_reason, is_known
from competitions.sentence_patterns import patterns_of

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "sandbox").glob("*.py"), ROOT / "competitions/services/program_boxes.py"]
MAKERS = {"Verdict", "BadOutput", "_ended"}


def _sentences(sources: list[Path], makers: set[str]) -> Iterator[str]:
    """What is passed to those who make a verdict, with 7 in the place of each value."""
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in makers:
                yield from (_filled(one) for one in node.args if isinstance(one, ast.JoinedStr | ast.Constant))


def _filled(value: ast.JoinedStr | ast.Constant) -> str:
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in parts)


SAID = sorted({text for text in _sentences(SOURCES, MAKERS) if text})
UNMADE = sorted(set(_sentences(sorted((ROOT / "scoring/probes").glob("*.py")), {"NotMade"})))


def test_the_sentences_were_found():
    assert len(SAID) > 30
    assert set(UNMADE) == set(PROBES)


@pytest.mark.parametrize("sentence", [*SAID, *UNMADE])
def test_a_sentence_is_told_in_japanese(sentence: str, compiled_catalogue):
    with translation.override("ja"):
        assert is_known(sentence)
        told = box_reason(sentence)
    assert not told.isascii()
    assert told.count("7") == sentence.count("7")
    with translation.override("en"):
        assert box_reason(sentence) == sentence


def test_no_sentence_is_translated_that_nobody_says():
    times = "The program ran longer than 7 seconds, or 7 seconds of processor time, in all time steps together."
    unsaid = [text for (pattern, text) in patterns_of(SENTENCES) if not any(map(pattern.fullmatch, [*SAID, times]))]
    assert unsaid == []


def test_the_step_and_the_outcome_of_a_probe_are_told_with_it(compiled_catalogue):
    with translation.override("ja"):
        assert box_reason("The run was cancelled. (time step 2026-07)") == (
            "実行は取り消されました。(時間ステップ 2026-07)"
        )
        assert box_reason("the program ended as crashed: The run was cancelled.") == "実行は取り消されました。"


def test_what_nobody_knows_is_told_as_it_is_and_marked_as_english():
    strange = "The moon was in the way."
    assert (box_reason(strange), is_known(strange)) == (strange, False)
    assert not is_known(f"{strange} (time step 3)")
