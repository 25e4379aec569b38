"""Small contests as files, and a truth box that is a plain function."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TABLE_YAML = """\
schema: tidemark/1
slug: tide-levels
title: {en: Tide levels, ja: 潮位}
description: {en: Predict the tide., ja: 潮位を予測する。}
timezone: Asia/Tokyo
contact_email: organiser@example.org
organiser: Harbour office
tags: [tides]
pages:
  - key: overview
    title: {en: Overview, ja: 概要}
    file: {en: pages/overview.en.md, ja: pages/overview.ja.md}
terms:
  version: "1"
  file: rules.md
divisions:
  - {key: general, title: {en: General, ja: 一般}}
  - {key: student, title: {en: Students, ja: 学生}}
phases:
  - key: main
    name: {en: Main phase, ja: 本番}
    start: 2026-01-01T00:00:00+09:00
    end: 2030-12-31T23:59:59
    tasks: [levels]
    divisions: [general]
    max_submissions_per_day: 3
data:
  - version: "1"
    licence: CC0-1.0
    files:
      - {path: data/train.csv, description: {en: Training, ja: 学習用}}
tasks:
  - key: levels
    name: {en: Levels, ja: 潮位}
    submission:
      kind: table
      schema:
        fields:
          - {name: id, type: string}
          - {name: y, type: number, constraints: {minimum: -10}}
        primaryKey: id
    truth:
      path: truth/solution.csv
      split: {by: column, column: Usage}
    metrics:
      - {key: rmse, title: RMSE, metric: rmse, params: {column: y}, precision: 3}
      - {key: mae, title: MAE, metric: mae, params: {column: y}}
    sample_submission: data/sample.csv
    starting_kit: kit
leaderboards:
  - {key: main, title: {en: Ranking, ja: 順位}, primary: rmse, submission_rule: best}
final: {default: best_public, tie: earliest}
"""
FILES = {
    "pages/overview.en.md": "# Tides\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n",
    "pages/overview.ja.md": "# 潮\n",
    "rules.md": "Be fair.\n",
    "data/train.csv": "id,y\nz,1.0\n",
    "data/sample.csv": "id,y\na,0\nb,0\nc,0\nd,0\n",
    "truth/solution.csv": "id,y,Usage\na,1.5,Public\nb,-2,Private\nc,0.25,Public\nd,4,Private\n",
    "kit/train.py": "print('hello')\n",
}
RASTER_TASK = """\
  - key: ice
    name: Ice
    submission:
      kind: raster
      classes:
        0: {en: other, ja: 海氷以外}
        1: {en: ice, ja: 海氷}
    truth:
      path: masks
      ignore: [255]
      split: {by: scene, public: [north], private: [south]}
    metrics:
      - key: iou
        metric: iou
        aggregate: macro
        params:
          classes:
            - {name: ice, truth: [1, 2], prediction: [1]}
            - {name: other, truth: [0], prediction: [0]}
          positive: ice
"""


def write_contest(folder: Path, text: str = TABLE_YAML, **files: str) -> Path:
    """The table contest, with other texts where they are given: path -> content."""
    for name, content in {**FILES, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "competition.yaml").write_text(text)
    return folder


def with_raster_task(folder: Path) -> str:
    """The contest with a second task on masks. The masks are named, not drawn: enough for what names can tell."""
    (folder / "masks").mkdir(parents=True)
    for scene in ("north", "south"):
        (folder / "masks" / f"{scene}.tif").write_bytes(b"II*\0")
    text = TABLE_YAML.replace("tasks: [levels]", "tasks: [levels, ice]").replace(", primary: rmse", "")
    return text.replace("leaderboards:\n", f"{RASTER_TASK}leaderboards:\n")


def changed(text: str, old: str, new: str) -> str:
    """The text with one place changed; a test that changes nothing would prove nothing."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def normalise_table(spec: Mapping[str, Any], raw: Path, output: Path) -> None:
    """In place of the truth box: the folder and the completed contract that it leaves, of a small table."""
    with raw.open(newline="") as file:
        rows = list(csv.DictReader(file))
    output.mkdir()
    (output / "rows.json").write_text(json.dumps(rows))
    (output / "contract.json").write_text(json.dumps({**spec["contract"], "rows": len(rows)}))
