"""A small contest as files, for tests that go through the whole platform."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

ROWS = 40

TEXT = """\
schema: tidemark/1
slug: {slug}
title: {{en: {title[0]}, ja: {title[1]}}}
description: {{en: Predict the tide., ja: 潮位を予測します。}}
timezone: Asia/Tokyo
contact_email: organiser@example.org
organiser: {{en: Harbour office, ja: 港湾事務所}}
pages:
  - key: overview
    title: {{en: Overview, ja: 概要}}
    file: {{en: overview.en.md, ja: overview.ja.md}}
terms:
  version: "1"
  file: {{en: rules.en.md, ja: rules.ja.md}}
phases:
  - key: main
    name: {{en: Main phase, ja: 本番}}
    start: 2026-01-01T00:00:00+09:00
    end: {end}
    tasks: [levels]
    max_submissions_per_day: {per_day}{phase}
data:
  - version: "1"
    title: {{en: First release, ja: 初版}}
    notes: {{en: Initial release., ja: 初公開。}}
    licence: CC0-1.0
    files:
      - {{path: data/train.csv, description: {{en: Training data, ja: 学習データ}}}}
tasks:
  - key: levels
    name: {{en: Levels, ja: 潮位}}
    submission:
      kind: table
      formats: [csv]
      schema:
        fields: [{{name: id, type: string}}, {{name: y, type: number}}]
        primaryKey: id
    truth: {{path: truth/solution.csv, split: {{by: column, column: Usage}}}}
    metrics:
      - {{key: rmse, title: RMSE, metric: rmse, params: {{column: y}}, precision: 3}}
      - {{key: mae, title: MAE, metric: mae, params: {{column: y}}, precision: 3}}
    sample_submission: data/sample_submission.csv
"""


def ids(rows: int = ROWS) -> list[str]:
    return [f"r{number:04d}" for number in range(rows)]


def truth(rows: int = ROWS) -> list[float]:
    """Level n is n / 8: exact in binary, so scores can be said by hand."""
    return [number / 8 for number in range(rows)]


def csv_of(values: Sequence[float], header: str = "id,y") -> bytes:
    lines = [f"{key},{value!r}" for key, value in zip(ids(len(values)), values, strict=True)]
    return "\n".join([header, *lines, ""]).encode()


def offset_prediction(offset: float, rows: int = ROWS) -> bytes:
    """A prediction that is wrong by `offset` everywhere: its RMSE and MAE are |offset| on any split."""
    return csv_of([value + offset for value in truth(rows)])


def split_prediction(public: float, private: float, rows: int = ROWS) -> bytes:
    """Wrong by `public` on the even rows, which are public, and by `private` on the odd ones."""
    values = [value + (private if number % 2 else public) for number, value in enumerate(truth(rows))]
    return csv_of(values)


def make_table_contest(
    directory: Path,
    *,
    slug: str = "tide-levels",
    title: tuple[str, str] = ("Tide levels", "潮位"),
    per_day: int = 5,
    end: str = "2035-12-31T23:59:59+09:00",
    phase: str = "",
    more: str = "",
) -> Path:
    """Write the contest's folder: even rows are public, odd ones private. `title` is in English and Japanese; `phase`
    is one more line about the phase, `more` the end of the file."""
    for name in ("data", "truth"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    phase = f"\n    {phase}" if phase else ""
    text = TEXT.format(slug=slug, title=title, per_day=per_day, end=end, phase=phase)
    (directory / "competition.yaml").write_text(text + more)
    for name, words in (("overview", "# Tides"), ("rules", "Be fair.")):
        (directory / f"{name}.en.md").write_text(words)
        (directory / f"{name}.ja.md").write_text(f"{words}（日本語）")
    rows = zip(ids(), truth(), strict=True)
    usage = [f"{key},{value!r},{'Private' if n % 2 else 'Public'}" for n, (key, value) in enumerate(rows)]
    (directory / "truth" / "solution.csv").write_text("\n".join(["id,y,Usage", *usage, ""]))
    (directory / "data" / "train.csv").write_text(textwrap.dedent("id,y\na0,1.5\na1,2.5\n"))
    (directory / "data" / "sample_submission.csv").write_bytes(offset_prediction(1.0))
    return directory
