"""A real radar scene as a contest on a real site: the scores are what NumPy says, to the last digit that counts."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from tests.competitions.bundles.flood_contest import FLOOD_DATA, LABEL, SPLITS, TILE, make_flood_contest
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site

pytestmark = [
    pytest.mark.journey,
    pytest.mark.sandbox,
    pytest.mark.skipif(not FLOOD_DATA.is_dir(), reason=f"the scene of Sen1Floods11 is not at {FLOOD_DATA}"),
]
TOLERANCE = 1e-12
ROWS = """
from competitions.models import Score, Standing
scores = Score.objects.filter(evaluation__submission={number})
standings = Standing.objects.filter(submission={number})
answer = {{
    "scores": [[row.metric, row.split, row.value] for row in scores],
    "standings": [[row.board.kind, row.board.metric, row.value] for row in standings],
}}
"""


@dataclass(frozen=True)
class Scored:
    contestant: Contestant
    answer: dict[str, Any]  # the submission as its team reads it
    scores: dict[tuple[str, str], float]  # (metric, split) -> the value that was recorded
    standings: list[tuple[str, str, float]]
    expected: dict[tuple[str, str], float]
    scenes: dict[str, tuple[str, ...]]


def independent_scores(submission: Path, scenes: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], float]:
    """From the zip that is sent and the label as it was published: no code of the project, nothing cut by it."""
    with rasterio.open(FLOOD_DATA / LABEL) as file:
        label = file.read(1)
    expected = {}
    with zipfile.ZipFile(submission) as archive:
        for split in SPLITS:
            both, either, right, known_cells = [], [], 0, 0
            for name in scenes[split]:
                row, column = divmod(int(name.removeprefix("tile_")), 4)
                truth = label[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE].ravel()
                with rasterio.open(io.BytesIO(archive.read(f"{name}.tif"))) as file:
                    guess = file.read(1).ravel()[truth != -1]
                truth = truth[truth != -1]
                both.append(np.count_nonzero((truth == 1) & (guess == 1)))
                either.append(np.count_nonzero((truth == 1) | (guess == 1)))
                right, known_cells = right + np.count_nonzero(truth == guess), known_cells + truth.size
            expected["iou", split] = sum(both) / sum(either)
            expected["iou_macro", split] = float(np.mean(np.array(both) / np.array(either)))
            expected["accuracy", split] = right / known_cells
    return expected


@pytest.fixture(scope="module")
def scored(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The threshold submission, uploaded by the API and scored by the site's own worker."""
    flood = make_flood_contest(tmp_path_factory.mktemp("flood") / "contest")
    import_contest(site, flood.directory, owner="organiser")
    (contestant,) = make_contestants(site, "threshold", slug="flood-spain")
    sent = contestant.upload(flood.submission.read_bytes(), "threshold.zip")
    answer = contestant.outcome(sent["number"])
    rows = site.python(ROWS.format(number=sent["number"]))
    return Scored(
        contestant,
        answer,
        {(metric, split): value for metric, split, value in rows["scores"]},
        [tuple(row) for row in rows["standings"]],
        independent_scores(flood.submission, flood.scenes),
        flood.scenes,
    )


def test_the_recorded_scores_are_what_numpy_says(scored: Scored) -> None:
    assert scored.answer["status"] == "scored", scored.answer
    assert scored.scores.keys() == scored.expected.keys()
    for key, value in scored.expected.items():
        assert abs(scored.scores[key] - value) < TOLERANCE, key
    assert 0.4 < scored.scores["iou", "public"] < 0.9  # the threshold is neither perfect nor nonsense
    assert len(set(scored.scores.values())) == len(scored.scores)  # no score stands in for another


def test_the_standings_hold_the_exact_scores(scored: Scored) -> None:
    exact = {(kind, metric): value for kind, metric, value in scored.standings}
    assert {kind for kind, _metric in exact} >= {"public", "private"}
    for split in SPLITS:
        assert abs(exact[split, "iou"] - scored.expected["iou", split]) < TOLERANCE


def test_the_team_reads_public_scores_by_scene_and_nothing_private(scored: Scored) -> None:
    assert {scene["name"] for scene in scored.answer["scenes"]} == set(scored.scenes["public"])
    for metric in ("iou", "iou_macro", "accuracy"):
        assert scored.answer["scores"][metric] == pytest.approx(scored.expected[metric, "public"], abs=5e-5)
    text = str(scored.answer) + scored.contestant.page(f"submissions/{scored.answer['number']}/")
    for metric in ("iou", "iou_macro", "accuracy"):
        assert f"{scored.expected[metric, 'private']:.4f}" not in text
    assert not [name for name in scored.scenes["private"] if name in text]


def test_the_public_board_shows_the_team_to_everybody(scored: Scored, site: Site) -> None:
    board = site.get("/api/v1/competitions/flood-spain/leaderboard/").json()
    (row,) = board["results"]
    assert (row["rank"], row["team"]) == (1, "Threshold")
    assert row["value"] == round(scored.expected["iou", "public"], board["board"]["decimals"])
    page = site.get("/competitions/flood-spain/leaderboard/").body.decode()
    assert "Threshold" in page
    assert f"{scored.expected['iou', 'public']:.4f}" in page
    assert site.get("/api/v1/competitions/flood-spain/leaderboard/?kind=private").status == 404


def test_the_labels_of_the_test_scenes_are_in_no_download(scored: Scored, site: Site) -> None:
    releases = scored.contestant.api("competitions/flood-spain/data/")["releases"]
    names = []
    for file in releases[0]["files"]:
        answer = site.get(file["url"].removeprefix(site.url), token=scored.contestant.token)
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            names += archive.namelist()
    labels = {f"tile_{number:02d}_label.tif" for number in range(8)}
    assert {name for name in names if "label" in name} == labels
