"""An organiser's slip of the pen, and the one line that tells of it: file, line, what is wrong, what would be right."""

from pathlib import Path

import pytest

from competitions.bundles.loading import load, read_bundle
from competitions.bundles.problems import InvalidCompetition
from tests.competitions.bundles.contests import TABLE_YAML, changed, with_raster_task, write_contest

COLUMN = "{by: column, column: Usage}"
TITLE = "title: {en: Tide levels, ja: 潮位}"

# what is written, what it becomes, and how the telling begins (all of it, mostly)
MISTAKES = {
    # keys and types
    "an unknown key that is nearly right": (
        "tags: [tides]",
        "tagz: [tides]",
        "8 tagz: unknown key 'tagz'; did you mean 'tags'?",
    ),
    "an unknown key": (
        "file: rules.md",
        "file: rules.md\n  text: hi",
        "16 terms.text: unknown key 'text'; choose from",
    ),
    "a key given twice": (
        "tags: [tides]",
        "slug: again",
        "8 slug: 'slug' is given twice (first on line 2); keep one of the two",
    ),
    "a missing key": ("slug: tide-levels\n", "", "1 'slug' is missing (the contest's name in addresses: lower-case"),
    "a missing key of a part": ("    name: Ice\n", "", "50 tasks[1]: 'name' is missing (a text as {en: ..., ja: ...}"),
    "another format": (
        "schema: tidemark/1",
        "schema: tidemark/2",
        "1 schema: 'tidemark/2' is not a format that is known; write tidemark/1",
    ),
    "a slug with blanks": (
        "slug: tide-levels",
        "slug: Tide Levels",
        "2 slug: 'Tide Levels' does not fit (the contest's",
    ),
    "a slug that is too long": (
        "slug: tide-levels",
        f"slug: {'a' * 81}",
        "2 slug: this is 81 characters long, but at most 80 fit",
    ),
    "a text that is not a list": ("tags: [tides]", "tags: tides", "8 tags: 'tides' is a text, but should be a list"),
    "an approval that is neither yes nor no": (
        "tags: [tides]",
        "registration_auto_approve: maybe",
        "8 registration_auto_approve: 'maybe' is a text, but should be true or false",
    ),
    "nothing": (
        "tags: [tides]",
        "reward:",
        "8 reward: this is nothing, but should be a text or a mapping (key: value)",
    ),
    "a number for a title": (
        TITLE,
        "title: 2026",
        "3 title: 2026 is a whole number, but should be a text or a mapping",
    ),
    "a version that loses its last digit as a number": (
        '  version: "1"\n  file',
        "  version: 1.10\n  file",
        '14 terms.version: 1.10 is a number, but should be a text; put it in quotes: "1.10"',
    ),
    "a number in quotes": (
        "max_submissions_per_day: 3",
        "max_submissions_per_day: '3'",
        "26 phases[0].max_submissions_per_day: '3' is a text, but should be a whole number; write it without quotes: 3",
    ),
    "a number below zero": (
        "max_submissions_per_day: 3",
        "max_submissions_per_day: -1",
        "26 phases[0].max_submissions_per_day: -1 is too small; the least is 0",
    ),
    "a language that is not known": (
        TITLE,
        "title: {en: Tide levels, fr: Marée}",
        "3 title.fr: unknown key 'fr'; choose from 'en', 'ja'",
    ),
    "a tag that would run a program": (
        TITLE,
        "title: !!python/name:os.system x",
        "3 title: the tag 'python/name:os.system' is not allowed; write a plain value",
    ),
    "an address that is none": (
        "contact_email: organiser@example.org",
        "contact_email: me",
        "6 contact_email: 'me' does not fit (an address such as organiser@example.org)",
    ),
    # times
    "a time zone with a slip": (
        "timezone: Asia/Tokyo",
        "timezone: Asia/Tokio",
        "5 timezone: the time zone 'Asia/Tokio' is unknown; did you mean 'Asia/Tokyo'?",
    ),
    "a time zone that is none": (
        "timezone: Asia/Tokyo",
        "timezone: JST+9",
        "5 timezone: the time zone 'JST+9' is unknown; take a name of the IANA database, such as Asia/Tokyo",
    ),
    "a date without a time": (
        "start: 2026-01-01T00:00:00+09:00",
        "start: 2026-01-01",
        "22 phases[0].start: '2026-01-01' does not fit (an instant such as 2026-04-01T00:00:00+09:00",
    ),
    "a day that the calendar does not have": (
        "start: 2026-01-01T00:00:00+09:00",
        "start: 2026-02-30T00:00:00",
        "22 phases[0].start: '2026-02-30T00:00:00' is not a date and time (day is out of range for month)",
    ),
    "an end before the start": (
        "end: 2030-12-31T23:59:59",
        "end: 2025-12-31T23:59:59",
        "23 phases[0].end: the phase ends (2025-12-31T23:59:59) before it starts (2026-01-01T00:00:00+09:00)",
    ),
    # what refers to what
    "no overview page": (
        "key: overview",
        "key: overviw",
        "9 pages: one page should have the key 'overview', the contest's front page; did you mean 'overviw'?",
    ),
    "a task that is not defined": (
        "tasks: [levels, ice]",
        "tasks: [levels, ice, levles]",
        "24 phases[0].tasks[2]: task 'levles' is not defined; did you mean 'levels'?",
    ),
    "a task listed twice": (
        "tasks: [levels, ice]",
        "tasks: [levels, ice, ice]",
        "24 phases[0].tasks[2]: task 'ice' is listed twice; once is enough",
    ),
    "no task": (
        "tasks: [levels, ice]",
        "tasks: []",
        "24 phases[0].tasks: this is empty (the keys of this phase's tasks)",
    ),
    "a division that is not defined": (
        "divisions: [general]",
        "divisions: [generl]",
        "25 phases[0].divisions[0]: division 'generl' is not defined; did you mean 'general'?",
    ),
    "two divisions with one key": (
        "key: student",
        "key: general",
        "18 divisions[1].key: the key 'general' is taken (line 17); give each its own",
    ),
    "a leaderboard by a metric that a task does not have": (
        "leaderboards:\n  - {key: main,",
        "leaderboards:\n  - {key: main, primary: rmse,",
        "71 leaderboards[0].primary: 'rmse' is not a metric of task 'ice'; choose from 'iou'",
    ),
    "a task ranked twice": (
        "final: {default",
        "  - {key: second, tasks: [ice]}\nfinal: {default",
        "72 leaderboards[1]: task 'ice' is ranked by 'main' already; name other `tasks`",
    ),
    "an unknown rule": (
        "submission_rule: best}",
        "submission_rule: first}",
        "71 leaderboards[0].submission_rule: 'first' is unknown; choose from 'best', 'last'",
    ),
    # choosing for the end, and teams
    "more submissions to choose than anybody could look at": (
        "final: {default",
        "final: {select: 100, default",
        "72 final.select: 100 is too large; the most is 20 (how many submissions a team chooses",
    ),
    "something that counts of nothing": (
        "final: {default",
        "final: {counts: mean, default",
        "72 final.counts: 'counts: mean' needs something to choose between; say 'select: 2' or more, or leave it out",
    ),
    "a deadline for teams of one": (
        "final: {default",
        "teams: {max_size: 1, merge_deadline: 2030-06-01T00:00:00}\nfinal: {default",
        "72 teams.merge_deadline: nobody forms a team of more than one here; raise 'max_size' or leave",
    ),
    "a deadline for teams after the end": (
        "final: {default",
        "teams: {max_size: 5, merge_deadline: 2031-06-01T00:00:00}\nfinal: {default",
        "72 teams.merge_deadline: teams form until 2031-06-01T00:00:00, after the last phase ends; the",
    ),
    "a deadline for teams that no clock shows": (
        "final: {default",
        "teams: {max_size: 5, merge_deadline: 2030-02-30T00:00:00}\nfinal: {default",
        "72 teams.merge_deadline: '2030-02-30T00:00:00' is not a date and time (day",
    ),
    "teams of nobody": (
        "final: {default",
        "teams: {max_size: 0}\nfinal: {default",
        "72 teams.max_size: 0 is too small; the least is 1 (the most people in a team; 1: everybody takes part alone)",
    ),
    # files
    "a page that is not there": (
        "pages/overview.en.md",
        "pages/overviw.en.md",
        "12 pages[0].file.en: there is no 'pages/overviw.en.md'; did you mean 'overview.en.md'?",
    ),
    "a path out of the folder": (
        "file: rules.md",
        "file: ../rules.md",
        "15 terms.file: '../rules.md' leaves the folder of competition.yaml; copy what is needed into it",
    ),
    "an absolute path": (
        "file: rules.md",
        "file: /etc/passwd",
        "15 terms.file: '/etc/passwd' should be relative to competition.yaml, with '/' between folders",
    ),
    "a folder for a file": (
        "file: rules.md",
        "file: pages",
        "15 terms.file: 'pages' is a folder, but should be a file",
    ),
    "a wrong checksum": (
        "data/train.csv,",
        f"data/train.csv, sha256: {'ab' * 32},",
        "31 data[0].files[0].sha256: 'data/train.csv' has the SHA-256 6a64c93b",
    ),
    "two data files with one name": (
        "      - {path: data/train.csv,",
        "      - path: rules.md\n      - path: ./rules.md\n      - {path: data/train.csv,",
        "32 data[0].files[1].path: two files of this release are named 'rules.md' (rules.md, ./rules.md); rename one",
    ),
    "the truth offered as data": (
        "data/train.csv,",
        "truth/solution.csv,",
        "31 data[0].files[0].path: 'truth/solution.csv' would show the truth to everybody",
    ),
    "the truth in the starting kit": (
        "starting_kit: kit",
        "starting_kit: truth",
        "49 tasks[0].starting_kit: 'truth' would show the truth to everybody",
    ),
    "a sample of another kind": (
        "data/sample.csv",
        "kit/train.py",
        "48 tasks[0].sample_submission: 'kit/train.py' should end in .csv",
    ),
    # the contract
    "an unknown kind": (
        "kind: table",
        "kind: tabel",
        "36 tasks[0].submission.kind: 'tabel' is unknown; did you mean 'table'?",
    ),
    "an unknown type of a column": (
        "name: y, type: number",
        "name: y, type: float",
        "40 tasks[0].submission.schema.fields[1].type: 'float' is unknown; choose from 'string', 'integer', 'number'",
    ),
    "a key column that is not there": (
        "primaryKey: id",
        "primaryKey: idd",
        "41 tasks[0].submission.schema.primaryKey: the column 'idd' is not among the fields; did you mean 'id'?",
    ),
    "a key that is a number": (
        "{name: id, type: string}",
        "{name: id, type: number}",
        "39 tasks[0].submission.schema.fields[0].type: 'number' is unknown; it must be one of string, integer",
    ),
    "a minimum above the maximum": (
        "minimum: -10}",
        "minimum: -10, maximum: -20}",
        "40 tasks[0].submission.schema.fields[1].constraints: the minimum -10 is above the maximum -20; swap them",
    ),
    "a class that is no number": (
        "        0: {en: other",
        "        zero: {en: other",
        "55 tasks[1].submission.classes.zero: 'zero' is not a whole number; the keys here are the values of the cells",
    ),
    "a class beyond the type of a cell": (
        "        1: {en: ice",
        "        300: {en: ice",
        "56 tasks[1].submission.classes.300: 300 is out of range; it must be 0 to 255",
    ),
    # truth and split
    "an unknown split": (
        COLUMN,
        "{by: colum, column: Usage}",
        "44 tasks[0].truth.split.by: 'colum' is unknown; did you",
    ),
    "a split without its column": (COLUMN, "{by: column}", "44 tasks[0].truth.split: 'column' is missing"),
    "a table split by scenes": (
        COLUMN,
        "{by: scene, public: [a], private: [b]}",
        "44 tasks[0].truth.split.by: tables have no scenes; split by column, list, hash or none",
    ),
    "a share above one": (
        COLUMN,
        "{by: hash, seed: x, public: 1.5}",
        "44 tasks[0].truth.split.public: 1.5 is too large; the most is 1",
    ),
    "a folder of masks without masks": (
        "path: masks",
        "path: pages",
        "58 tasks[1].truth.path: 'pages' holds no .tif or .png; put one <scene>.tif there for each",
    ),
    "a scene that is not in the truth": (
        "public: [north]",
        "public: [north, nord]",
        "60 tasks[1].truth.split.public[1]: scene 'nord' is not in the truth; did you mean 'north'?",
    ),
    "a scene in both parts": (
        "public: [north]",
        "public: [north, south]",
        "60 tasks[1].truth.split.private[0]: scene 'south' is both public and private; it should be in one of the two",
    ),
    "a scene left out": (
        "public: [north]",
        "public: []",
        "60 tasks[1].truth.split: scene 'north' is in the truth, but neither public nor private; say which, or move",
    ),
    # metrics
    "a metric with a slip": (
        "metric: rmse,",
        "metric: rsme,",
        "46 tasks[0].metrics[0].metric: metric 'rsme' is unknown; did you mean 'rmse'?",
    ),
    "a metric for another kind": (
        "metric: rmse,",
        "metric: pixel_accuracy,",
        "46 tasks[0].metrics[0].metric: metric 'pixel_accuracy' is for rasters; this task is a table",
    ),
    "a metric of labels where there are none": (
        "metric: rmse,",
        "metric: iou,",
        "46 tasks[0].metrics[0].params.column: 'y' is out of range; it must be a column of labels, "
        "and the contract has none",
    ),
    "a metric that cannot rank": (
        "metric: rmse,",
        "metric: bias,",
        "46 tasks[0].metrics[0].metric: 'bias' has a sign and cannot rank; rank by another metric, "
        "such as 'absolute_bias'",
    ),
    "a metric of a column that is not there": (
        "metric: rmse, params: {column: y}",
        "metric: rmse, params: {column: z}",
        "46 tasks[0].metrics[0].params.column: 'z' is unknown; it must be one of y",
    ),
    "a parameter with a slip": (
        "metric: rmse, params: {column: y}",
        "metric: rmse, params: {colum: y}",
        "46 tasks[0].metrics[0].params.colum: 'colum' is unknown; did you mean column?",
    ),
    "a positive class that is not there": (
        "positive: ice",
        "positive: water",
        "69 tasks[1].metrics[0].params.positive: say which class is the positive one; there are ice, other",
    ),
    "a class of the predictions in no group": (
        "prediction: [0]",
        "prediction: []",
        "66 tasks[1].metrics[0].params.classes: class 0 of the predictions is in no group",
    ),
    "two metrics with one key": (
        "{key: mae, title: MAE",
        "{key: rmse, title: MAE",
        "47 tasks[0].metrics[1].key: the key 'rmse' is taken (line 46); give each its own",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES.values(), ids=list(MISTAKES))
def test_one_mistake_is_told_once_with_its_line_and_what_would_be_right(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    text = with_raster_task(tmp_path)
    problems = read_bundle(write_contest(tmp_path, changed(text, old, new))).problems

    assert len(problems) == 1, [str(problem) for problem in problems]

    assert str(problems[0]).removeprefix("competition.yaml:").startswith(expected), str(problems[0])


def test_a_sound_contest_has_neither_problems_nor_warnings(tmp_path: Path) -> None:
    bundle = read_bundle(write_contest(tmp_path, with_raster_task(tmp_path)))

    assert bundle.problems == ()
    assert bundle.warnings == ()
    assert [task.key for task in bundle.description.tasks] == ["levels", "ice"]


def test_all_mistakes_of_all_kinds_are_told_at_once(tmp_path: Path) -> None:
    text = with_raster_task(tmp_path)
    chosen = ["a key given twice", "a slug with blanks", "a time zone with a slip", "a page that is not there"]
    chosen += [
        "an absolute path",
        "a day that the calendar does not have",
        "a task that is not defined",
        "a wrong checksum",
    ]
    chosen += ["a key column that is not there", "a scene left out", "a metric with a slip", "an unknown rule"]
    for name in chosen:
        text = changed(text, *MISTAKES[name][:2])

    with pytest.raises(InvalidCompetition) as caught:
        load(write_contest(tmp_path, text))

    told = [str(problem).removeprefix("competition.yaml:") for problem in caught.value.problems]
    assert len(told) == len(chosen)
    for name in chosen:
        assert any(line.startswith(MISTAKES[name][2]) for line in told), name


def test_a_task_without_mistakes_can_be_examined_while_others_have_some(tmp_path: Path) -> None:
    text = changed(with_raster_task(tmp_path), "metric: rmse,", "metric: rsme,")

    assert [task.key for task in read_bundle(write_contest(tmp_path, text)).tasks] == ["ice"]


def test_a_missing_translation_is_a_warning_and_no_mistake(tmp_path: Path) -> None:
    bundle = read_bundle(write_contest(tmp_path, changed(TABLE_YAML, TITLE, "title: {en: Tide levels}")))

    assert bundle.problems == ()
    assert [str(warning) for warning in bundle.warnings] == [
        "competition.yaml:3 title: warning: the Japanese text ('ja') is missing; the English one is shown"
    ]
    assert bundle.description.title == {"en": "Tide levels"}


def test_a_task_in_no_phase_is_a_warning(tmp_path: Path) -> None:
    text = changed(with_raster_task(tmp_path), "tasks: [levels, ice]", "tasks: [levels]")

    (warning,) = read_bundle(write_contest(tmp_path, text)).warnings

    assert warning.message == "task 'ice' is in no phase, so nobody can submit to it"
