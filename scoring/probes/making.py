"""All probes of a task, written as files that a contestant could have uploaded."""

from __future__ import annotations

import importlib
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from scoring.composite import split_specs
from scoring.contract import Contract, parse_contract
from scoring.formats.truth_store import write_json
from scoring.job import MetricSpec, parse_metrics
from scoring.probes.variants import VARIANTS, NotMade, Variant
from scoring.reading import load_json

MAKERS: Final[Mapping[str, str]] = {
    "table": "tables:TableProbes",
    "raster": "rasters:RasterProbes",
    "grid": "grids:GridProbes",
    "lines": "lines:LineProbes",
    "detections": "detections:DetectionProbes",
}


class Probes(Protocol):
    """What a kind of data brings: `file_name` of an upload, `sides` of all units, and the writing of each variant."""

    file_name: str
    notes: list[str]

    def sides(self) -> list[str]: ...

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None: ...


def write_probes(contract: Contract, metrics: Any, truth: Path, output: Path, *, seed: int) -> dict[str, Any]:
    """Write a file for each probe into `output`, and say in the answer what they are.

    Returns:
        {probes: [{key, expected, file?, file_name?, reason?}], splits: {public: n, private: n}, notes: [text]}; a probe
        without a file could not be made, and its reason says why.
    """
    specs = split_specs(parse_metrics(metrics, contract))[0] if metrics else []
    manifest = load_json(truth / "manifest.json", "truth")
    maker = _maker(contract, truth, manifest, specs)
    counts = Counter(maker.sides())
    return {
        "probes": [_written(maker, variant, output, seed) for variant in VARIANTS],
        "splits": {side: counts[side] for side in ("public", "private")},
        "notes": maker.notes,
    }


def _maker(contract: Contract, truth: Path, manifest: Mapping[str, Any], specs: list[MetricSpec]) -> Probes:
    module, name = MAKERS[contract.kind].split(":")
    made: Probes = getattr(importlib.import_module(f"scoring.probes.{module}"), name)(contract, truth, manifest, specs)
    return made


def _written(maker: Probes, variant: Variant, output: Path, seed: int) -> dict[str, Any]:
    told: dict[str, Any] = {"key": variant.key, "expected": variant.expected}
    path = output / variant.key
    try:
        if variant.key == "empty":
            path.touch()
        elif variant.key == "torn":
            _tear(output / "perfect", path)
        else:
            maker.write(variant, path, np.random.default_rng([seed, zlib.crc32(variant.key.encode())]))
    except NotMade as error:
        path.unlink(missing_ok=True)
        return {**told, "reason": str(error)}
    return {**told, "file": path.name, "file_name": maker.file_name}


def _tear(whole: Path, path: Path) -> None:
    """As an upload that broke off: the first half. Of a text the half line goes on into its first value."""
    if not whole.is_file():
        raise NotMade("there is no perfect file to tear")
    content = whole.read_bytes()
    half = content[: len(content) // 2]
    is_text = b"\0" not in content[:1000]
    if is_text and b"\n" in half[:-1]:
        start = half.rindex(b"\n", 0, len(half) - 1)
        half = half[: start + 3]
    path.write_bytes(half)


def make(contract: Path, metrics: Path, truth: Path, output: Path, *, seed: int, downloads: Path | None) -> None:
    """What the command does: probes and probes.json in `output`; with `downloads`, also what they give away."""
    parsed = parse_contract(load_json(contract, "contract"))
    report = write_probes(parsed, load_json(metrics, "metrics"), truth, output, seed=seed)
    if downloads is not None:
        from scoring.probes.leaks import found_leaks

        report |= found_leaks(parsed, truth, downloads)
    write_json(output / "probes.json", report)
