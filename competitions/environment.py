"""Typed reads of the process environment. A bad value stops the program at once and says what would be right."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
MAX_SOCKET_PATH_BYTES = 100


@dataclass(frozen=True, slots=True)
class Environment:
    """A mapping of variables with one reading method for each type."""

    variables: Mapping[str, str]

    @classmethod
    def current(cls) -> "Environment":
        return cls(dict(os.environ))

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        value = self.text(name)
        return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)

    def pairs(self, name: str) -> dict[str, str]:
        """key=value,key=value"""
        found = dict[str, str]()
        for word in self.words(name):
            key, equals, value = (part.strip() for part in word.partition("="))
            if not (key and equals and value) or key in found:
                raise ImproperlyConfigured(f"{name}: '{word}' is no new key=value; write key=value,key=value")
            found[key] = value
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in TRUE_WORDS | FALSE_WORDS:
            return value in TRUE_WORDS
        raise ImproperlyConfigured(f"{name}: '{value}' is neither true nor false; write 1 or 0")

    def integer(self, name: str, *, default: int, minimum: int, maximum: int) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: '{value}' is not a whole number") from None
        if not minimum <= number <= maximum:
            raise ImproperlyConfigured(f"{name}: {number} is outside {minimum} to {maximum}")
        return number

    def path(self, name: str, default: Path) -> Path:
        """An absolute path that may or may not exist."""
        return Path(self.text(name, str(default))).expanduser().absolute()

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder, made when it is missing and readable by its owner alone."""
        folder = Path(self.text(name, str(default))).expanduser().resolve()
        if folder.exists() and not folder.is_dir():
            raise ImproperlyConfigured(f"{name}: {folder} is a file; name a folder")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name}: cannot make {folder}: {error.strerror}") from error
        return folder

    def redis_url(self, name: str) -> str:
        value = self.text(name)
        if value and urlsplit(value).scheme not in {"redis", "rediss", "redis+socket", "unix"}:
            raise ImproperlyConfigured(f"{name}: write redis://host:port/0, rediss:// or redis+socket:///path")
        return value

    def database(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """postgresql://user:password@host:port/name?option=value; without it the embedded default."""
        value = self.text(name)
        if not value:
            return default
        parts = urlsplit(value)
        if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
            raise ImproperlyConfigured(f"{name}: write postgresql://user:password@host:port/name")
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", unquote(parts.hostname or "")),
            "PORT": str(parts.port or ""),
            "OPTIONS": {**options, "pool": {"min_size": 0, "max_size": 8, "timeout": 10}},
            "CONN_HEALTH_CHECKS": True,
        }


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def kept_secret(path: Path) -> str:
    """A secret that is made once and kept in a file only its owner can read. Safe against two processes at once."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


def socket_path(home: Path) -> Path:
    """Where the private Redis listens. A Unix socket's path may have 107 bytes; a long home gets a short stand-in."""
    wanted = home / "redis.sock"
    if len(os.fsencode(wanted)) <= MAX_SOCKET_PATH_BYTES:
        return wanted
    tag = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"tidemark-{os.getuid()}-{tag}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise ImproperlyConfigured(f"{folder} belongs to somebody else; choose a shorter TIDEMARK_HOME")
    return folder / "redis.sock"
