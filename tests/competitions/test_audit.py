"""The audit log: rows are only ever added, each is chained to the one before, and every tampering is found."""

import json
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings

from competitions.chain import START, digest, plain
from competitions.database import append_only
from competitions.models import AuditEvent, AuditHead, Competition
from competitions.models.audit import AppendOnly
from competitions.services import audit, teams
from competitions.services.audit_proofs import missing_triggers, prove
from tests import makers

pytestmark = pytest.mark.django_db
TABLE = append_only.AUDIT


@pytest.fixture
def written(competition, organiser, now):
    """Five rows of the contest's chain."""
    for number in range(5):
        audit.note(
            f"act {number}",
            now=now + timedelta(minutes=number),
            actor=organiser,
            competition=competition,
            subject=f"team {number}",
            reason="because",
            before={"limit": number},
            after={"limit": number + 1},
        )
    return list(AuditEvent.objects.filter(competition=competition))


@pytest.fixture
def tamper():
    """Raw SQL by somebody who may drop the triggers and puts them back."""

    def run(*statements):
        append_only.execute(connection, append_only.removing(connection.vendor))
        append_only.execute(connection, statements)
        append_only.execute(connection, append_only.installing(connection.vendor))

    return run


def problems(competition):
    (proof,) = prove(competition)
    return list(proof.problems)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_each_row_covers_what_was_done_and_the_row_before(written, organiser):
    assert [row.number for row in written] == [1, 2, 3, 4, 5]
    assert [row.previous for row in written] == [START, *(row.hash for row in written[:-1])]
    assert all(row.hash == digest(row.content, row.previous) for row in written)
    assert {row.actor_name for row in written} == {organiser.username}
    assert (written[2].before, written[2].after, written[2].reason) == ({"limit": 2}, {"limit": 3}, "because")


def test_each_contest_and_the_site_have_a_chain_of_their_own(written, organiser, now):
    other = makers.make_competition("other")
    first = audit.note("made", now=now, actor=organiser, competition=other)
    of_site = audit.note("token created", now=now, actor=organiser)
    assert (first.number, first.previous, of_site.number, of_site.chain) == (1, START, 1, "site")
    assert all(proof.is_whole for proof in prove())


def test_what_databases_write_differently_is_written_as_text(competition, now):
    odd = {"big": 1e22, "half": 0.5, "nul": "a\0b", "half a pair": "\ud800", 1: (True, None), "at": now}
    event = audit.note("odd", now=now, actor=None, competition=competition, detail=odd)
    event.refresh_from_db()
    assert event.detail["half"] == "0.5"
    assert event.detail == plain(odd)
    assert problems(competition) == []


def test_an_act_that_is_taken_back_leaves_no_row(competition, organiser, now):
    with transaction.atomic():
        audit.note("never", now=now, actor=organiser, competition=competition)
        transaction.set_rollback(True)
    audit.note("done", now=now, actor=organiser, competition=competition)
    assert [row.verb for row in AuditEvent.objects.filter(competition=competition)] == ["done"]
    assert problems(competition) == []


def test_a_row_stays_readable_when_the_person_and_the_contest_are_gone(now):
    person, contest = makers.make_user("leaver"), Competition.objects.create(slug="gone", title={}, created_at=now)
    audit.note("joined", now=now, actor=person, competition=contest)
    person.delete()
    contest.delete()
    row = AuditEvent.objects.get(verb="joined")
    assert row.actor_name == "leaver"
    assert row.hash == digest(row.content, row.previous)
    assert all(proof.is_whole for proof in prove())


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_do_not_fork_the_chain(competition, now):
    barrier, failures = Barrier(4), []

    def write(name):
        try:
            barrier.wait(timeout=30)
            for number in range(5):
                with transaction.atomic():
                    audit.note(f"{name} {number}", now=now, actor=None, competition=competition)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=write, args=(f"writer {index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    assert [row.number for row in AuditEvent.objects.filter(competition=competition)] == list(range(1, 21))
    assert problems(competition) == []


# -- nobody changes a row ---------------------------------------------------------------------------------------------


def test_the_model_refuses_to_change_or_remove_a_row(written):
    row, rows = written[0], AuditEvent.objects.filter(pk=written[0].pk)
    for attempt in (
        row.save,
        row.delete,
        rows.delete,
        lambda: rows.update(verb="other"),
        lambda: AuditEvent.objects.update(verb="other"),
        lambda: AuditEvent.objects.bulk_update([row], ["verb"]),
        lambda: AuditEvent.objects.bulk_create([AuditEvent(verb="other")]),
    ):
        with pytest.raises(AppendOnly):
            attempt()


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET verb = 'other'",
        f"UPDATE {TABLE} SET actor_id = NULL",
        f"DELETE FROM {TABLE}",
    ],
)
def test_the_database_refuses_it_too(written, statement):
    with pytest.raises(DatabaseError, match="neither changed nor removed"), transaction.atomic():
        append_only.execute(connection, [statement])
    assert AuditEvent.objects.filter(verb="act 0").exists()


def test_postgresql_does_not_empty_the_table_either(written):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="neither changed nor removed"), transaction.atomic():
        append_only.execute(connection, [f"TRUNCATE {TABLE}"])


# -- every tampering is found -----------------------------------------------------------------------------------------


def test_an_untouched_log_is_whole(written, competition):
    (proof,) = prove(competition)
    assert (proof.count, proof.last_hash, proof.problems) == (5, written[-1].hash, ())


@pytest.mark.parametrize(
    "change",
    [
        "verb = 'other'",
        "actor_name = 'somebody else'",
        "actor_id = NULL",
        "reason = ''",
        "subject = 'team 9'",
        "competition_id = NULL",
        """before = '{"limit": 7}'""",
        """after = '{"limit": 7}'""",
        """detail = '{"more": 1}'""",
        "at = '2020-01-01 00:00:00+00:00'",
    ],
)
def test_a_changed_row_is_named(written, competition, tamper, change):
    tamper(f"UPDATE {TABLE} SET {change} WHERE id = {written[2].pk}")
    assert problems(competition) == [
        f"row 3 (id {written[2].pk}) was changed: its content does not match its hash",
    ]


def test_a_row_that_was_changed_along_with_its_hash_is_noticed_by_the_next(written, competition, tamper):
    content = {**written[2].content, "verb": "other"}
    forged = digest(content, written[2].previous)
    tamper(f"UPDATE {TABLE} SET verb = 'other', hash = '{forged}' WHERE id = {written[2].pk}")
    assert problems(competition) == [
        f"row 4 (id {written[3].pk}) does not follow row 3, which was changed or replaced",
    ]


def test_a_chain_that_was_written_anew_to_its_end_lacks_the_signature(written, competition, tamper):
    previous, statements = written[1].hash, []
    for row in written[2:]:
        content = {**row.content, "verb": "other"}
        forged = digest(content, previous)
        statements.append(
            f"UPDATE {TABLE} SET verb = 'other', hash = '{forged}', previous = '{previous}' WHERE id = {row.pk}"
        )
        previous = forged
    tamper(*statements)
    assert problems(competition) == ["the last row, 5, is not the one that the head was signed for: replaced"]
    AuditHead.objects.filter(pk=written[0].chain).update(last_hash=previous)
    assert problems(competition) == [
        "the head (count and last hash) is not what this site signed: it was changed, or the site's key was"
    ]


def test_a_missing_row_is_named(written, competition, tamper):
    tamper(f"DELETE FROM {TABLE} WHERE id = {written[1].pk}")
    assert problems(competition)[0] == "row 2 is missing"


def test_a_row_that_was_taken_out_is_noticed_though_the_others_were_renumbered(written, competition, tamper):
    tamper(
        f"DELETE FROM {TABLE} WHERE id = {written[1].pk}",
        *(f"UPDATE {TABLE} SET number = number - 1 WHERE id = {row.pk}" for row in written[2:]),
    )
    found = problems(competition)
    assert f"row 2 (id {written[2].pk}) was changed: its content does not match its hash" in found
    assert "row 5 is missing: cut off the end" in found


def test_rows_that_changed_places_are_named(written, competition, tamper):
    second, third = written[1].pk, written[2].pk
    tamper(
        f"UPDATE {TABLE} SET number = 99 WHERE id = {second}",
        f"UPDATE {TABLE} SET number = 2 WHERE id = {third}",
        f"UPDATE {TABLE} SET number = 3 WHERE id = {second}",
    )
    found = problems(competition)
    assert f"row 2 (id {third}) stands in another place than it was written in: reordered" in found
    assert f"row 3 (id {second}) stands in another place than it was written in: reordered" in found


def test_rows_cut_off_the_end_are_named(written, competition, tamper):
    tamper(f"DELETE FROM {TABLE} WHERE id >= {written[3].pk}")
    assert problems(competition) == ["rows 4 to 5 are missing: cut off the end"]


def test_a_log_that_was_emptied_is_noticed(written, competition, tamper):
    tamper(f"DELETE FROM {TABLE}")
    assert problems(competition) == ["rows 1 to 5 are missing: cut off the end"]


def test_a_row_that_somebody_else_added_is_noticed(written, competition, tamper, organiser):
    last = written[-1]
    content = {**last.content, "number": 6}
    AuditEvent(**content, previous=last.hash, hash=digest(content, last.hash)).save()
    assert problems(competition) == ["the head counts 5 rows; the last row is 6: added without the site"]


def test_a_head_that_was_taken_away_or_forged_is_noticed_and_not_signed_again(written, competition, now, caplog):
    AuditHead.objects.filter(pk=written[0].chain).update(count=3, last_hash=written[2].hash)
    assert any("not what this site signed" in problem for problem in problems(competition))
    AuditHead.objects.filter(pk=written[0].chain).delete()
    assert problems(competition) == ["the head is missing; 5 rows are there"]
    audit.note("next", now=now, actor=None, competition=competition)
    assert problems(competition) == [
        "the head (count and last hash) is not what this site signed: it was changed, or the site's key was"
    ]
    assert "run manage.py verify_audit" in caplog.text


def test_a_former_key_of_the_site_still_counts(written, competition, settings):
    former = settings.SECRET_KEY
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[former]):
        assert problems(competition) == []
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
        assert len(problems(competition)) == 1


# -- the command ------------------------------------------------------------------------------------------------------


def run(*arguments):
    """Exit status and what was written."""
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as stop:
        return stop.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_whole_or_what_is_wrong(written, competition, tamper):
    status, text = run()
    assert (status, f"{written[0].chain}: 5 rows, whole" in text) == (0, True)
    tamper(f"UPDATE {TABLE} SET verb = 'other' WHERE id = {written[2].pk}")
    assert run("--competition", competition.slug)[0] == 1
    status, text = run("--json")
    said = json.loads(text)
    assert (status, said["is_whole"], said["missing_triggers"]) == (1, False, [])
    assert next(one for one in said["chains"] if one["chain"] == written[0].chain)["problems"]


def test_the_command_misses_triggers_that_were_dropped(written):
    assert missing_triggers() == []
    append_only.execute(connection, append_only.removing(connection.vendor))
    assert len(missing_triggers()) == (2 if connection.vendor == "sqlite" else 3)
    status, text = run()
    assert (status, "lacks the trigger" in text) == (1, True)


def test_an_older_copy_of_a_whole_chain_is_noticed_by_an_earlier_proof(written, competition, tamper, tmp_path):
    kept = tmp_path / "proof.json"
    kept.write_text(run("--json")[1])
    assert run("--against", str(kept))[0] == 0
    tamper(f"DELETE FROM {TABLE}")
    AuditHead.objects.all().delete()
    assert run()[0] == 0
    status, text = run("--against", str(kept))
    assert (status, "row 5 was there at the earlier proof" in text) == (1, True)


def test_the_command_names_what_it_cannot_use(tmp_path):
    with pytest.raises(CommandError, match="no contest 'nowhere'"):
        run("--competition", "nowhere")
    (tmp_path / "torn").write_text("{")
    with pytest.raises(CommandError, match="not an output of verify_audit"):
        run("--against", str(tmp_path / "torn"))


# -- the acts ---------------------------------------------------------------------------------------------------------


def test_joining_is_in_the_log_with_the_persons_name(competition, visitor, now):
    terms = competition.terms.last()
    teams.join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=now)
    teams.join(user=visitor, competition=competition, team_name="Ice", terms=terms, now=now)
    rows = AuditEvent.objects.filter(competition=competition)
    assert [(row.actor_name, row.verb) for row in rows] == [("visitor", "joined"), ("visitor", "accepted the rules")]


@pytest.mark.django_db(transaction=True)
def test_rows_from_before_the_chains_are_chained_by_the_migration(competition, organiser, now):
    """Back to the time before, with rows as they were written then, and forward again."""
    here = MigrationExecutor(connection).loader.graph.leaf_nodes("competitions")
    MigrationExecutor(connection).migrate([("competitions", "0005_whole_life")])
    try:
        then = MigrationExecutor(connection).loader.project_state(("competitions", "0005_whole_life")).apps
        event = then.get_model("competitions", "AuditEvent")
        for contest in (competition.pk, None, competition.pk):
            event.objects.create(
                at=now, actor_id=organiser.pk, verb="old", competition_id=contest, detail={"share": 0.5}, number=0
            )
    finally:
        MigrationExecutor(connection).migrate(here)
    rows = AuditEvent.objects.filter(competition=competition)
    assert [(row.number, row.actor_name) for row in rows] == [(1, "organiser"), (2, "organiser")]
    audit.note("new", now=now, actor=organiser, competition=competition)
    assert [proof.problems for proof in prove()] == [(), ()]
    assert missing_triggers() == []
