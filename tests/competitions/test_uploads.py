"""Forms with files are cut off while they come, and note when they began."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import ResolverMatch
from django.utils import timezone

from competitions.store import FileTooLarge
from competitions.uploads import FORM_SLACK_BYTES, LARGEST_ELSEWHERE, began_at, form_chunks, form_file

pytestmark = pytest.mark.django_db
LIMIT = 2_000_000


@pytest.fixture(autouse=True)
def _receiving(settings):
    settings.FILE_UPLOAD_HANDLERS = ["competitions.uploads.ReceivingHandler"]


@pytest.fixture
def posted(competition):
    """A form that comes in at an address of the contest."""
    competition.phases.update(max_file_bytes=LIMIT)

    def post(size: int, slug: str = competition.slug, **extra: str):
        fields = {"token": "before the file", "file": SimpleUploadedFile("a.tif", b"x" * size)}
        request = RequestFactory().post("/", fields, **extra)
        request.resolver_match = ResolverMatch(lambda: None, (), {"slug": slug})
        return request

    return post


def test_a_file_of_the_largest_size_comes_through(posted):
    file = form_file(posted(LIMIT))
    assert sum(map(len, form_chunks(file))) == LIMIT
    file.close()


@pytest.mark.parametrize("excess", [1, FORM_SLACK_BYTES, 5_000_000])
def test_one_byte_too_many_stops_the_upload_and_keeps_the_other_fields(posted, excess):
    request = posted(LIMIT + excess)
    with pytest.raises(FileTooLarge) as refused:
        form_file(request)
    assert refused.value.max_bytes == LIMIT
    assert request.POST["token"] == "before the file"


def test_an_upload_that_announces_too_much_is_not_read_at_all(posted):
    request = posted(LIMIT * 4)
    with pytest.raises(FileTooLarge):
        form_file(request)
    assert len(request._stream.read()) > LIMIT  # what was not read is still there


def test_a_length_that_is_a_lie_does_not_get_more_through(posted):
    """I11: a form is cut off by the bytes that come."""
    request = posted(LIMIT * 2)
    request.META["CONTENT_LENGTH"] = str(LIMIT)
    with pytest.raises(FileTooLarge):
        form_file(request)


def test_an_address_of_no_contest_takes_small_files_only(posted):
    form_file(posted(LARGEST_ELSEWHERE, slug="")).close()
    with pytest.raises(FileTooLarge):
        form_file(posted(LARGEST_ELSEWHERE + 1, slug=""))


def test_the_beginning_of_a_form_is_noted_and_that_of_another_body_is_now(posted):
    before = timezone.now()
    request = posted(10)
    form_file(request).close()
    after = timezone.now()
    assert before <= began_at(request, now=after) <= after
    assert began_at(RequestFactory().get("/"), now=before) == before
