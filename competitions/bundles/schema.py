"""The format tidemark/1 as JSON Schema (draft 2020-12): what each file may say, apart from what refers to what."""

from typing import Any, Final

from competitions.bundles.schema_awards import AWARD, WINNER_AUDIT
from competitions.bundles.schema_boards import LEADERBOARD
from competitions.bundles.schema_judging import JUDGING
from competitions.bundles.schema_participation import PARTICIPATION
from competitions.bundles.schema_parts import (
    KEY,
    PATH,
    SHORT,
    TEXT,
    array,
    choice,
    integer,
    record,
    references,
    string,
)
from competitions.bundles.schema_sponsors import SPONSOR
from competitions.bundles.schema_tasks import TASK

FORMAT: Final = "tidemark/1"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
INSTANT: Final = string(
    "an instant such as 2026-04-01T00:00:00+09:00; without an offset it is taken in the contest's `timezone`",
    pattern=r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$",
)

PAGE: Final = record(
    "A page that the organiser writes in Markdown.",
    required=("key", "title", "file"),
    key=KEY,
    title=TEXT,
    file=PATH | {"type": ["string", "object"], **references("en", "ja", of=PATH)},
)
TERMS: Final = record(
    "The rules. Contestants accept one version; a changed text is a new version.",
    required=("version", "file"),
    version=SHORT | {"description": 'a version in quotes, such as "1"', "maxLength": 40},
    file=PAGE["properties"]["file"],
)
DIVISION: Final = record(
    "A division (部門) of the contest.", required=("key", "title"), key=KEY, title=TEXT, judging=JUDGING
)
PROMOTES: Final = record(
    "Who may enter this phase: teams of an earlier one. Organisers confirm them once its boards are released.",
    required=("from",),
    **{"from": KEY | {"description": "the key of the earlier phase, which needs an end"}},
    first=integer("how many teams, in the order of the board; when absent organisers name the teams", minimum=1),
    by=record(
        "The board that decides.",
        required=(),
        division=KEY | {"description": "the key of its division; the first of the earlier phase when absent"},
        task=KEY | {"description": "the key of its task; the first of the earlier phase when absent"},
    ),
)
PHASE: Final = record(
    "A stage of the contest in time.",
    required=("key", "name", "start", "tasks"),
    key=KEY,
    name=TEXT,
    start=INSTANT,
    end=INSTANT,
    tasks=array("the keys of this phase's tasks", KEY),
    divisions=array("the keys of the divisions that take part; all that have no jury when absent", KEY),
    max_submissions_per_day=integer("scored submissions a team has each day; 0 is unlimited; 5 when absent"),
    max_submissions=integer("scored submissions a team has in the whole phase; 0 is unlimited, and the default"),
    max_rejected_per_day=integer("refused files a team may send each day; 0 is unlimited; 20 when absent"),
    max_concurrent=integer("submissions of a team that wait or are scored at once; 0 is unlimited, and the default"),
    late_submissions={
        "type": "boolean",
        "description": "true lets people go on after the end: labelled late, on no board, with the same limits counted "
        "anew; false when absent",
    },
    max_file_mib=integer("the largest file in MiB; 100 when absent", minimum=1, maximum=1_000_000),
    frozen_from=KEY
    | {
        "description": "a second stage: the key of the phase before. Each team's program that counts there is run "
        "here as it was, on this phase's tasks; nobody uploads"
    },
    promotes=PROMOTES,
    hide_scores={"type": "boolean", "description": "true keeps all scores until the phase is over; false when absent"},
)
DATA_FILE: Final = record(
    "A file that contestants download.",
    required=("path",),
    path=PATH,
    description=TEXT,
    sha256=string("64 hexadecimal digits; checked when given", pattern="^[0-9a-fA-F]{64}$"),
)
DATA_RELEASE: Final = record(
    "One version of the contest's data. The last one is current.",
    required=("version", "licence", "files"),
    version=SHORT | {"description": 'a version in quotes, such as "1"', "maxLength": 40},
    title=TEXT,
    notes=TEXT,
    licence=SHORT | {"description": "an SPDX identifier such as CC-BY-4.0, or a short text", "maxLength": 100},
    licence_url=string("where the licence can be read", pattern=r"^https?://\S+$", maxLength=200),
    files=array("the files of this release", DATA_FILE),
)
FINAL: Final = record(
    "Which submission counts at the end.",
    required=(),
    select=integer(
        "how many submissions a team chooses in each phase and task until its deadline; 0, the default: nobody chooses",
        maximum=20,
    ),
    counts=choice(
        "of the chosen: the better private score (default), the last submission's, or the mean of their scores",
        "better",
        "last",
        "mean",
    ),
    default=choice(
        "what counts of a team that chooses nothing: the best public score (default) or the last submission",
        "best_public",
        "last",
    ),
    tie=choice("who is first at equal scores: the earlier submission", "earliest"),
)
TEAMS: Final = record(
    "Who may take part together. Everybody takes part alone when absent.",
    required=("max_size",),
    max_size=integer("the most people in a team; 1: everybody takes part alone", minimum=1, maximum=100),
    merge_deadline=INSTANT
    | {
        "description": "until when people join teams and teams merge, as an instant; the end of the contest when absent"
    },
)
COMPETITION: Final = record(
    "A contest as files. Paths are relative to this file. A text is {en: ..., ja: ...}, or plain: the same in both.",
    required=("schema", "slug", "title", "timezone", "contact_email", "pages", "terms", "phases", "tasks"),
    schema={"const": FORMAT, "description": "the format of this file"},
    slug=string(
        "the contest's name in addresses: lower-case letters, digits and single hyphens, such as sea-ice-2026",
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        maxLength=80,
    ),
    title=TEXT,
    description=TEXT | {"description": "one or two sentences for the list of contests"},
    timezone=string("a zone of the IANA database, such as Asia/Tokyo; days are counted in it", maxLength=64),
    contact_email=string("an address such as organiser@example.org", pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"),
    organiser=TEXT | {"description": "who hosts the contest"},
    reward=TEXT | {"description": "what can be won"},
    tags=array("words to find the contest by", SHORT | {"maxLength": 40}, minimum=0),
    registration_auto_approve={
        "type": "boolean",
        "description": "true, the default: who joins may begin at once; false: an organiser admits them first",
    },
    pages=array("the contest's pages; one has the key 'overview'", PAGE),
    terms=TERMS,
    data_terms=TERMS
    | {"description": "The terms of the data. Contestants accept one version; a changed text is a new version."},
    participation=PARTICIPATION,
    divisions=array("one division 'general' when absent", DIVISION),
    phases=array("the stages, in the order to show", PHASE),
    data=array("the releases of the data, oldest first", DATA_RELEASE, minimum=0),
    tasks=array("what is predicted", TASK),
    leaderboards=array("one ranking by each task's first metric when absent", LEADERBOARD),
    final=FINAL,
    teams=TEAMS,
    awards=array("the prizes, in the order to show", AWARD, minimum=0),
    winner_audit=WINNER_AUDIT,
    sponsors=array("who supports the contest, in the order to show", SPONSOR, minimum=0),
)


def json_schema() -> dict[str, Any]:
    """The published schema."""
    return {"$schema": DRAFT, "title": f"Tidemark contest ({FORMAT})", **COMPETITION}
