"""What a candidate hands in: every version kept, nothing missing, nothing too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.queries.winners import receipt_of
from competitions.services import hand_ins, winners
from competitions.services.hand_ins import HandInRefused
from competitions.status import WinnerVerdict
from competitions.store import FileTooLarge
from tests.competitions.winner_stage import (
    TEXTS,
    entry_of,
    hand_in,
    make_audit,
    make_award,
    make_ranked,
    opened,
    uploads,
)


@pytest.fixture
def record(competition, organiser):
    make_award(competition)
    return make_audit(competition)


@pytest.fixture
def entry(competition, organiser, record):
    ada, _bob = make_ranked(competition, "ada", "bob")
    opened(record, organiser)
    return entry_of(ada)


def test_every_version_is_kept_and_a_file_that_is_not_sent_again_stays(entry):
    first = hand_in(entry)
    second = hand_in(entry, code=("main.py", b"print(2)"), environment=None, report=None)
    assert (first.version, second.version) == (1, 2)
    files = {one.part: (one.name, one.blob.sha256) for one in second.files.select_related("blob")}
    assert {*files} == {"code", "environment", "report"}
    before = {one.part: (one.name, one.blob.sha256) for one in first.files.select_related("blob")}
    assert files["report"] == before["report"]
    assert files["code"] != before["code"]
    assert first.digest != second.digest
    assert entry.hand_ins.count() == 2


def test_the_receipt_names_every_file_and_is_signed(entry):
    receipt = receipt_of(hand_in(entry))
    assert [file[:2] for file in receipt["files"]] == [
        ["code", "main.py"],
        ["environment", "lock.txt"],
        ["report", "r.pdf"],
    ]
    assert len(receipt["digest"]) == 64
    assert receipt["signature"]


@pytest.mark.parametrize(
    ("left_out", "named"), [("code", "the code"), ("environment", "the environment"), ("report", "the report")]
)
def test_what_is_missing_is_named(entry, left_out, named):
    with pytest.raises(HandInRefused, match=f"Still missing: {named}"):
        hand_in(entry, **{left_out: None})


def test_each_stage_needs_its_commands_and_seeds_are_words(entry):
    stages = {**TEXTS["stages"], "training": {"commands": " "}}
    with pytest.raises(HandInRefused, match="the seeds, the steps of each stage"):
        hand_in(entry, texts={"model": "inside", "seeds": "", "stages": stages})


def test_a_model_apart_is_a_file(entry):
    with pytest.raises(HandInRefused, match="the model"):
        hand_in(entry, texts={**TEXTS, "model": "apart"})
    kept = hand_in(entry, texts={**TEXTS, "model": "apart"}, model=("net.pt", b"weights"))
    assert kept.files.get(part="model").name == "net.pt"
    assert not hand_in(entry, texts=TEXTS).files.filter(part="model").exists()


def test_only_what_the_contest_asks_for_is_required(entry):
    entry.audit.stated = {"hand_in": ["seeds"]}
    assert hand_in(entry, environment=None, report=None, texts={"model": "inside", "seeds": "1"}).version == 1


def test_code_is_a_program_as_a_submission_is(entry):
    with pytest.raises(HandInRefused, match="is a ZIP with"):
        hand_in(entry, code=("main.exe", b"MZ"))


def test_after_the_deadline_nothing_is_taken(entry):
    with pytest.raises(HandInRefused, match="deadline"):
        hand_in(entry, now=entry.due_at + timedelta(seconds=1))
    assert hand_in(entry, now=entry.due_at).version == 1


def test_once_decided_it_stays_as_it_was_judged(entry, organiser):
    hand_in(entry)
    winners.decide(entry, WinnerVerdict.CONFIRMED, actor=organiser, now=timezone.now())
    with pytest.raises(HandInRefused, match="decided"):
        hand_in(entry)


def test_a_rival_hands_in_nothing_for_others(entry, rival):
    with pytest.raises(HandInRefused):
        hand_ins.hand_in(entry, user=rival, texts=TEXTS, uploads=uploads({}), now=timezone.now())


def test_all_files_together_stay_within_the_limit(entry):
    entry.audit.stated = {"max_file_mib": 1}
    half = b"x" * 600_000
    with pytest.raises(FileTooLarge):
        hand_in(entry, code=("main.py", half), report=("r.pdf", half))
    assert not entry.hand_ins.exists()
