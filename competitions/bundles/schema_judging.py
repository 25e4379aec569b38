"""A juried division in the format tidemark/1: what is handed in, the rubric, and how the total is made."""

from typing import Any, Final

from competitions.bundles.schema_parts import KEY, TEXT, Schema, array, choice, integer, record, string

INSTANT_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$"


def _weight(description: str) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": 1_000_000, "description": description}


def _instant(description: str) -> Schema:
    text = "an instant such as 2026-04-01T17:00:00; without an offset it is taken in the contest's `timezone`"
    return string(f"{description}: {text}", pattern=INSTANT_PATTERN)


def _yes(description: str) -> Schema:
    return {"type": "boolean", "description": description}


ANCHOR: Final = record(
    "What one mark of a criterion means.",
    required=("mark", "means"),
    mark=integer("a mark of the scale", maximum=100),
    means=TEXT,
)
CRITERION: Final = record(
    "One line of the rubric.",
    required=("key", "title", "weight"),
    key=KEY,
    title=TEXT,
    description=TEXT,
    weight=_weight("how much it counts beside the other criteria, a number above 0"),
    scale=record(
        "The marks; 1 to 5 when absent.",
        required=("from", "to"),
        **{"from": integer("the worst mark", maximum=100), "to": integer("the best mark", maximum=100)},
    ),
    anchors=array("what the marks mean, such as {mark: 5, means: {en: ..., ja: ...}}", ANCHOR),
)
DOCUMENTS: Final = record(
    "What a team hands in beside a title.",
    required=("kinds",),
    kinds=array(
        "which files are taken",
        choice("pdf, html, png, jpeg or notebook", "pdf", "html", "png", "jpeg", "notebook"),
        minimum=0,
    ),
    min_files=integer("how many files at least; 1 when absent", maximum=20),
    max_files=integer("how many files at most; 1 when absent", maximum=20),
    max_file_mib=integer("the largest file in MiB; 20 when absent", minimum=1, maximum=1024),
    video=choice("a link to a video, shown as a link; none when absent", "none", "optional", "required"),
    abstract_characters=integer("the longest abstract; 600 when absent, 0: no abstract", maximum=20_000),
    max_versions_per_day=integer("how often a team may hand in on one day; 10 when absent, 0: without limit"),
)
TOTAL: Final = record(
    "total = score x (the task's score on 0..1) + jury x (the jury's mean on 0..1).",
    required=("jury",),
    jury=_weight("the weight of the jury"),
    score=_weight("the weight of the task's score; 0 when absent: the jury alone decides"),
    task=KEY | {"description": "the key of the task whose score counts, or decides the shortlist"},
    phase=KEY | {"description": "the key of the phase of that score; the last one with the task when absent"},
    split=choice("which score; private when absent", "private", "public"),
    score_scale=choice("how scores come to 0..1; min_max when absent", "min_max", "rank"),
    sheets=choice(
        "plain: the mean of the sheets; normalised (the default): each juror's sheets are first brought to the mean "
        "and spread of all",
        "plain",
        "normalised",
    ),
)
JUDGING: Final[dict[str, Any]] = record(
    "Makes the division a juried one.",
    required=("deadline", "documents", "rubric", "total"),
    start=_instant("from when on entries are taken; from publication when absent"),
    deadline=_instant("until when"),
    documents=DOCUMENTS,
    rubric=array("the criteria, in the order to show", CRITERION) | {"maxItems": 20},
    jurors_per_entry=integer("how many jurors judge each entry; 3 when absent", minimum=1, maximum=50),
    blind=_yes("true (the default): jurors see numbers in place of teams and file names"),
    total=TOTAL,
    shortlist=integer("only so many entries, the best by the task's score, are judged; all when absent", minimum=1),
)
