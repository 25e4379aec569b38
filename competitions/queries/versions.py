"""What a contest was decided by: the versions and digests of its rules, data, metrics and truth."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from competitions.models import Competition, DataRelease, ScoringVersion, Terms
from competitions.queries.competitions import current_terms, tasks
from competitions.queries.data import current_release, files_of


@dataclass(frozen=True, slots=True)
class RulesVersion:
    version: str
    digest: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DataVersion:
    version: str
    digest: str
    licence: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class MetricVersion:
    """`digest` is of the metrics and the contract as they are frozen; `truth_digest` tells one truth from another."""

    task: str
    number: int
    digest: str
    truth_digest: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Versions:
    rules: RulesVersion | None
    data: DataVersion | None
    metrics: list[MetricVersion]


def versions(competition: Competition) -> Versions:
    """Those in force now."""
    terms, release = current_terms(competition), current_release(competition)
    live = [task.current_version for task in tasks(competition) if task.current_version is not None]
    return Versions(
        rules=rules_version(terms) if terms else None,
        data=data_version(release) if release else None,
        metrics=[metric_version(one) for one in live],
    )


def rules_version(terms: Terms) -> RulesVersion:
    return RulesVersion(terms.version, digest_of(terms.text), terms.created_at)


def data_version(release: DataRelease) -> DataVersion:
    """Its digest is that of the list of its files' names and digests."""
    files = sorted([file.name, file.blob.sha256] for file in files_of(release))
    return DataVersion(release.version, digest_of(files), release.licence, release.published_at)


def metric_version(version: ScoringVersion) -> MetricVersion:
    frozen = {"contract": version.contract, "metrics": version.metrics, "program": version.program}
    return MetricVersion(
        version.task.key, version.number, digest_of(frozen), public_truth_digest(version), version.published_at
    )


def public_truth_digest(version: ScoringVersion) -> str:
    """A digest of the digest: the latter names the folder of the truth, which is nobody's business, even afterwards."""
    return digest_of({"truth": version.truth_digest})


def digest_of(value: Any) -> str:
    """SHA-256 of the value as JSON with sorted keys, without spaces, in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
