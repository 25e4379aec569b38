"""Triggers that refuse to change or remove a row, on SQLite and PostgreSQL.

SQLite's schema editor rebuilds a table to alter it and drops its triggers on the way: a later migration that alters an
append-only table ends with `install`. `manage.py verify_audit` says when they are missing.
"""

from collections.abc import Sequence
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

AUDIT: Final = "competitions_auditevent"
REFUSAL: Final = "rows of %s are neither changed nor removed"


def installing(vendor: str, table: str = AUDIT) -> list[str]:
    """The statements that put the triggers in place."""
    refusal = REFUSAL % table
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            for verb in ("update", "delete")
        ]
    refuse = f"BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {refuse} $$",
        *(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
            for verb in _verbs(vendor)
        ),
    ]


def removing(vendor: str, table: str = AUDIT) -> list[str]:
    on = "" if vendor == "sqlite" else f" ON {table}"
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}" for verb in _verbs(vendor)]


def missing(connection: BaseDatabaseWrapper, table: str = AUDIT) -> list[str]:
    """The names of triggers that should be there and are not."""
    known = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'",
    }
    with connection.cursor() as cursor:
        cursor.execute(known[connection.vendor], [table])
        found = {name for (name,) in cursor.fetchall()}
    return [name for verb in _verbs(connection.vendor) if (name := f"{table}_no_{verb}") not in found]


def execute(connection: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _verbs(vendor: str) -> tuple[str, ...]:
    """SQLite knows no TRUNCATE."""
    return ("update", "delete") if vendor == "sqlite" else ("update", "delete", "truncate")
