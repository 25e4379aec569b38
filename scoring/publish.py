"""An organiser's truth, normalised once: `truth` of the command line. Everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scoring.aggregate import check_covered
from scoring.composite import split_specs
from scoring.contract import Contract, KindContract, RasterContract, TableContract, parse_contract, read_contract
from scoring.errors import InvalidJob, Problems
from scoring.formats.table_truth import normalise_table_truth
from scoring.formats.truth import normalise_raster_truth
from scoring.formats.truth_store import truth_values
from scoring.job import MetricSpec, parse_metrics
from scoring.kinds import part_of
from scoring.program import METRIC
from scoring.program_truth import keep_further_columns
from scoring.raster_watch import check_units
from scoring.reading import Node, load_json
from scoring.table_check import check_table
from scoring.truth_columns import truth_fields
from scoring.truth_spec import TruthSpec, read_truth_spec


def read_spec(document: object) -> tuple[Contract, TruthSpec, Any]:
    """{contract, truth: {split, ignore, mask}, metrics?}; `split` and the others may stand at the top, too."""
    problems = Problems()
    node = Node(document, "", problems)
    contract = read_contract(node.need("contract"), complete=False)
    kind = contract.kind if contract is not None else "raster"
    truth = node.at("truth")
    spec = read_truth_spec(node if truth.is_null else truth, kind)
    problems.raise_if_any(InvalidJob)
    assert contract is not None  # noqa: S101  (without problems there is a contract)
    return contract, spec, node.at("metrics").value


def publish(
    contract: Contract, spec: TruthSpec, metrics: Any, raw: Path, output: Path, *, near: Sequence[Path] = ()
) -> Contract:
    """Normalise a truth into `output` and return the completed contract.

    Raises:
        InvalidJob: with everything that is wrong with the truth, its split, and how the metrics fit to it.
    """
    output.mkdir(parents=True, exist_ok=True)
    problems = Problems()
    folders = (raw if raw.is_dir() else raw.parent, *near)
    if not raw.exists():
        problems.add("job_file_missing", "truth", name=f"'{raw.name}'")
        problems.raise_if_any(InvalidJob)
    if isinstance(contract, KindContract):
        part_of(contract.kind, "truth").normalise_truth(spec, contract, raw, output, problems, near=folders)
    elif isinstance(contract, RasterContract):
        normalise_raster_truth(spec, contract, raw, output, problems, near=folders)
    else:
        fields = truth_fields(contract, _table_specs(metrics, contract))
        normalise_table_truth(spec, contract, raw, output, problems, near=folders, fields=fields)
    problems.raise_if_any(InvalidJob)
    completed = parse_contract(load_json(output / "contract.json", "contract"))
    if metrics is not None:
        specs = _check_metrics(metrics, completed, output)
        if isinstance(completed, TableContract) and any(one.metric.name == METRIC for one in specs):
            keep_further_columns(spec, completed, raw, output)
    return completed


def _check_metrics(metrics: Any, contract: Contract, output: Path) -> list[MetricSpec]:
    specs, _ = split_specs(parse_metrics(metrics, contract))
    manifest = load_json(output / "manifest.json", "truth")
    if isinstance(contract, TableContract):
        check_table(specs, contract, output, manifest)
    if isinstance(contract, KindContract):
        check = getattr(part_of(contract.kind, "truth"), "check_metrics", None)
        if check is not None:
            check(specs, contract, output)
    if isinstance(contract, RasterContract):
        check_units(specs, contract.scenes)
    for spec in specs if isinstance(contract, RasterContract) else ():
        if spec.metric.name == METRIC:
            continue
        check_covered(truth_values(manifest, spec.layer), spec)
    return specs


def _table_specs(metrics: Any, contract: TableContract) -> list[MetricSpec]:
    """The metrics as far as they can be read; what is wrong with them is told after the truth was."""
    try:
        return split_specs(parse_metrics(metrics, contract))[0] if metrics is not None else []
    except InvalidJob:
        return []
