"""Times, sizes and the quota in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from competitions.models import Phase
from competitions.pages import times
from competitions.pages.charts import scene_bars
from competitions.pages.quota_texts import quota_text
from competitions.pages.rhythm import poll_seconds
from competitions.pages.share import public_percent
from competitions.queries.submissions import SceneScores
from competitions.quota import Allowance, Limits, Refusal, Used
from competitions.spreadsheets import safe_cell
from competitions.templatetags.tidemark import size

TOKYO = ZoneInfo("Asia/Tokyo")
MOMENT = datetime(2026, 11, 20, 14, 59, tzinfo=UTC)


def test_an_instant_is_absolute_with_its_zone():
    assert times.absolute(MOMENT, TOKYO) == "20 Nov 2026, 23:59 JST"
    assert times.absolute(MOMENT, ZoneInfo("America/Sao_Paulo")).endswith("11:59 UTC-03")


def test_an_instant_in_japanese(compiled_catalogue):
    with translation.override("ja"):
        assert times.absolute(MOMENT, TOKYO) == "2026年11月20日(金) 23:59 JST"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=12, hours=4, minutes=59), "12 days 4 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=30, hours=5), "30 days"),
        (timedelta(hours=3, minutes=12), "3 h 12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_a_length_has_its_two_largest_units(length, text):
    assert times.duration(length) == text


def test_what_is_past_is_ago():
    assert times.relative(MOMENT, MOMENT + timedelta(hours=2)) == "2 h ago"
    assert times.relative(MOMENT, MOMENT - timedelta(hours=2)) == "in 2 h"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (1023, "1,023 B"), (1024, "1.0 KiB"), (100 * 1024**2, "100.0 MiB"), (None, "0 B")],
)
def test_sizes_are_in_binary_units(size_bytes, text):
    assert size(size_bytes) == text


def allowance(*, refusal=None, limits=(5, 0, 20), used=(2, 4, 1)):
    return Allowance(Limits(*limits), Used(*used), datetime(2026, 11, 20, 15, 0, tzinfo=UTC), refusal)


def words(given, **fields):
    phase = Phase(starts_at=MOMENT - timedelta(days=3), ends_at=MOMENT, **fields)
    return quota_text(given, phase, zone=TOKYO, now=datetime(2026, 11, 20, 11, 48, tzinfo=UTC))


def test_the_quota_says_what_is_used_when_it_resets_and_what_does_not_count():
    text = words(allowance())
    assert text.short == "3 of 5"
    assert text.sentences[0] == "Today 2 of 5 used; resets 00:00 JST (in 3 h 12 min)."
    assert "do not count" in text.sentences[1]
    assert text.refusal == ""


def test_no_limit_is_said_as_plainly():
    text = words(allowance(limits=(0, 0, 0)))
    assert text.short == "unlimited"
    assert text.sentences[0] == "There is no daily limit."
    assert len(text.sentences) == 3


def test_the_grace_of_uploads_is_stated():
    assert words(allowance()).sentences[-1].startswith("An upload that begins before the deadline may end up to 10 min")


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_its_sentence(refusal):
    assert words(allowance(refusal=refusal)).refusal.endswith(".")


def test_a_watching_page_asks_more_slowly_the_longer_it_takes():
    ages = [timedelta(seconds=seconds) for seconds in (0, 29, 30, 120, 600, 86_400)]
    assert [poll_seconds(age) for age in ages] == [2, 2, 4, 10, 30, 30]


def test_bars_show_shares_as_they_are_and_errors_against_the_largest():
    shares = scene_bars([SceneScores("a", {"iou": 0.25}), SceneScores("b", {"iou": None})], {"iou": 4})
    assert [bar.length for bar in shares] == [25.0, None]
    errors = scene_bars([SceneScores("a", {"rmse": 2.0}), SceneScores("b", {"rmse": 8.0})], {"rmse": 4})
    assert [bar.length for bar in errors] == [25.0, 100.0]


@pytest.mark.parametrize(
    ("split", "percent"),
    [
        ({"by": "scene", "public": ["a"], "private": ["b", "c"]}, 33),
        ({"by": "hash", "public": 0.3}, 30),
        ({"by": "none"}, 100),
        ({"by": "column", "column": "Usage"}, None),
        ({}, None),
    ],
)
def test_the_public_share_is_read_from_the_description(split, percent):
    assert public_percent({"split": split}) == percent


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"
    assert safe_cell("fast ice") == "fast ice"
