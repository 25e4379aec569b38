"""SQLite with a queue in front of its write lock.

SQLite's own busy handler sleeps and retries, so under load one process may starve for seconds while others keep
winning. A blocking flock is a fair queue that the kernel keeps: every transaction of ours begins IMMEDIATE, so taking
the file lock just before BEGIN and giving it back just after COMMIT or ROLLBACK costs microseconds and makes the
longest wait short. The lock is advisory: a program that does not take it still only meets SQLite's own lock.
"""

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteWrapper


class DatabaseWrapper(SQLiteWrapper):
    """Django's SQLite back end; transactions queue at `<database>.gate`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        self._enter_gate()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_gate()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _enter_gate(self) -> None:
        name = str(self.settings_dict["NAME"])
        if self.is_in_memory_db() or self._gate is not None:
            return
        descriptor = os.open(f"{name}.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._gate = descriptor

    def _leave_gate(self) -> None:
        if self._gate is None:
            return
        descriptor, self._gate = self._gate, None
        os.close(descriptor)  # closing the last descriptor of the open file gives the lock back
