"""Who supports a contest: the strip of logos, the page, and the pictures themselves."""

import pytest

from competitions.models import Competition
from competitions.status import CompetitionStatus
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def harbour(competition):
    return makers.make_sponsor(competition)


def test_everybody_sees_the_logos_on_the_overview_and_reads_more_on_a_page(nobody, harbour, url, compiled_catalogue):
    overview = text_of(nobody.get(url))
    assert f'src="{url}sponsors/harbour/logo" alt="Harbour Trust"' in overview
    page = text_of(nobody.get(f"{url}sponsors/", headers={"accept-language": "ja"}))
    for shown in (
        "Harbour Trust（日本語）",
        "Gold sponsor（日本語）",
        "<em>look after</em>",
        "提供",
        "https://example.org/",
    ):
        assert shown in page


def test_a_contest_without_sponsors_has_no_strip(nobody, url):
    assert "sponsor-strip" not in text_of(nobody.get(url))


def test_a_logo_is_a_picture_and_nothing_else(nobody, harbour, url):
    answer = nobody.get(f"{url}sponsors/harbour/logo")
    assert answer.content == makers.png_bytes()
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "public, max-age=3600"
    again = nobody.get(f"{url}sponsors/harbour/logo", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_logo_of_a_draft_is_kept_by_no_cache(organisers, nobody, harbour, url):
    Competition.objects.update(status=CompetitionStatus.DRAFT)
    assert nobody.get(f"{url}sponsors/harbour/logo").status_code == 404
    assert organisers.get(f"{url}sponsors/harbour/logo")["Cache-Control"] == "private, no-store"


def test_a_sponsor_without_a_logo_stands_there_by_name(nobody, competition, url):
    makers.make_sponsor(competition, "quiet", logo=None, logo_format="")
    assert "Harbour Trust" in text_of(nobody.get(url))
    assert nobody.get(f"{url}sponsors/quiet/logo").status_code == 404
