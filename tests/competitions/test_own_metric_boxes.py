"""Through real boxes: an organiser's program is tried, frozen, run on uploads, and its columns make the board."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from competitions.models import Competition, Evaluation, ScoringVersion
from tests import makers
from tests.competitions.bundles.contests import changed, with_raster_task
from tests.competitions.own_metric_contest import KAGGLE, WEIGHTED, program_yaml
from tests.competitions.own_metric_site import imported, refused, trusted_boxes, upload
from tests.scoring.makers import geotiff, mask_zip

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]
FLOOR = "      params: {floor: -10}\n"
NO_SAMPLE = ("    sample_submission: data/sample.csv\n", "")


@pytest.fixture(autouse=True)
def _fit_and_without_pauses() -> Iterator[None]:
    with trusted_boxes():
        yield


@pytest.fixture
def owner(db: None) -> Any:
    return makers.make_user("owner")


def board(competition: Competition, client: Any) -> list[tuple[str, float]]:
    content = client.get(f"/api/v1/competitions/{competition.slug}/leaderboard/").json()
    return [(row["team"], row["value"]) for row in content["results"]]


def test_two_columns_of_a_program_go_from_upload_to_board(tmp_path: Path, owner: Any, client: Any) -> None:
    competition = imported(tmp_path, program_yaml(rest="      params: {power: 2}\n"), WEIGHTED)
    # Public rows: a 1.5 with weight 1, c 0.25 with weight 3. Private rows: b -2 (1), d 4 (3).
    first = upload(competition, "near", b"id,y\nd,4\nc,0.25\nb,-2\na,3.5\n")
    assert first["scores"] == {"wmae": 1.0, "worst": 4.0, "mae": 1.0}
    second = upload(competition, "nearer", b"id,y\na,1.5\nb,0\nc,1.25\nd,4\n")
    assert second["scores"] == {"wmae": 0.75, "worst": 1.0, "mae": 0.5}
    assert board(competition, client) == [("nearer team", 0.75), ("near team", 1.0)]
    evaluation = Evaluation.objects.get(submission_id=second["number"])
    assert evaluation.private_detail["metrics"] == {"wmae": 1.0, "worst": 4.0, "mae": 1.0}
    lines = [f"rows 2 {['id', 'y', 'weight']}"] * 2
    assert evaluation.program_log.splitlines() == lines


def test_a_program_written_for_kaggle_goes_from_upload_to_board(tmp_path: Path, owner: Any, client: Any) -> None:
    competition = imported(tmp_path, program_yaml("kaggle", FLOOR), KAGGLE)
    assert upload(competition, "good", b"id,y\na,2.5\nb,-2\nc,0.25\nd,4\n")["scores"]["wmae"] == 0.25
    assert board(competition, client) == [("good team", 0.25)]


def test_what_it_says_to_contestants_is_a_problem_of_their_file(tmp_path: Path, owner: Any) -> None:
    competition = imported(tmp_path, program_yaml("kaggle", "      params: {floor: -5}\n"), KAGGLE)
    answer = upload(competition, "low", b"id,y\na,2.5\nb,-7\nc,0.25\nd,4\n")
    assert (answer["status"], answer["failure_kind"], answer["scores"]) == ("failed", "invalid", None)
    assert [problem["message"] for problem in answer["problems"]] == [
        "The scoring program of this contest refuses the file and says: 'Levels lie above -5; yours go down to -7.0'."
    ]


@pytest.mark.parametrize("sample", [True, False], ids=["on the sample", "on the truth"])
def test_a_program_that_does_not_work_is_not_published(tmp_path: Path, owner: Any, sample: bool) -> None:
    text = program_yaml() if sample else changed(program_yaml(), *NO_SAMPLE)
    told = refused(tmp_path, text, "def score(t, p, q):\n    return {'wmae': t['yy'].sum(), 'worst': 0}\n")
    assert "tasks[0].program: the program failed: KeyError: 'yy'; the end of its log:" in told
    assert "Traceback (most recent call last)" in told
    assert "/work/" not in told


def test_a_program_that_works_on_the_truth_is_published_without_a_sample(tmp_path: Path, owner: Any) -> None:
    imported(tmp_path, changed(program_yaml(), *NO_SAMPLE), WEIGHTED)
    assert ScoringVersion.objects.get().program["convention"] == "tidemark"


RASTER = """
    def score(truth, prediction, params):
        wrong = {name: int(((cells != prediction[name]) & (cells >= 0)).sum()) for name, cells in truth.items()}
        print(wrong)
        return {"wrong": sum(wrong.values())}
    """
RASTER_PROGRAM = """\
    program:
      file: wrong.py
      convention: tidemark
      columns: [{key: wrong, direction: lower, minimum: 0}]
      interval: {groups: 2}
"""


def test_rasters_with_an_interval_are_scored_by_a_program(tmp_path: Path, owner: Any) -> None:
    text = with_raster_task(tmp_path).replace("        0: {en: other", "        0: {en: other", 1)
    start = text.index("      - key: iou\n")
    end = text.index("leaderboards:\n")
    text = text[:start] + "      - {key: wrong, metric: program, precision: 0}\n" + RASTER_PROGRAM + text[end:]
    text = changed(text, "public: [north], private: [south]", "public: [north, west], private: [south]")
    scenes = {"north": [[0, 1, 255]], "south": [[1, 1, 1]], "west": [[0, 0, 1]]}
    for name, cells in scenes.items():
        (tmp_path / "masks" / f"{name}.tif").unlink(missing_ok=True)
        geotiff(tmp_path / "masks" / f"{name}.tif", np.array(cells, np.uint8))
    import textwrap

    (tmp_path / "wrong.py").write_text(textwrap.dedent(RASTER))
    plain = "      - {key: rmse, title: RMSE, metric: rmse, params: {column: y}, precision: 3}\n"
    assert plain in text
    write_text = {"truth/solution.csv": "id,y,Usage\na,1.5,Public\nb,-2,Private\nc,0.25,Public\nd,4,Private\n"}
    competition = imported(tmp_path, text, "", **write_text)
    path = mask_zip(tmp_path, {"north": [[1, 0, 1]], "south": [[1, 1, 0]], "west": [[0, 0, 0]]})
    answer = upload(competition, "ice", path.read_bytes(), "masks.zip", "ice")
    assert answer["scores"] == {"wrong": 3.0}
    evaluation = Evaluation.objects.get()
    assert evaluation.private_detail["metrics"] == {"wrong": 1.0}
    kept = evaluation.statistics["measured"]["wrong"]["public"]
    # 3 in all, 1 without north, 2 without west: 2 x 3 - 1 and 2 x 3 - 2.
    assert kept["sums"] == [[5.0, 1.0], [4.0, 1.0]]
