"""Juried divisions: handing in, published results, and a juror's own sheets."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from competitions import uploads
from competitions.api.access import competition_of, person, require_taking_part, team_in
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.jury import (
    EntryReceiptSerializer,
    EntryUploadSerializer,
    JuriedDivisionSerializer,
    JuryResultsSerializer,
    SheetSerializer,
    SheetUpdateSerializer,
)
from competitions.api.views import View, documented
from competitions.judging import JudgingRules
from competitions.jury_texts import formula
from competitions.models import Division, EntryVersion, Sheet
from competitions.queries.jury import (
    begins_at,
    counted_version,
    counted_versions,
    judged_sheets,
    juried,
    juried_divisions,
    published_divisions,
    receipt,
    release_of,
)
from competitions.services import jury_entries, sheets
from competitions.services.jury_entries import IncomingFile, Words
from competitions.services.sheets import Marking

DIVISION = OpenApiParameter("division", str, OpenApiParameter.PATH, description="The division's key.")
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeated with the same key it makes one version."
)
ENTRY_NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The entry's number.")
PLACE: dict[str, Any] = {"parameters": [SLUG, DIVISION]}


def division_of(request: Request, slug: str, key: str) -> Division:
    competition = competition_of(request, slug)
    found = juried(competition).filter(key=key).first()
    if found is None:
        raise ApiError(404, "not_found", _("There is no juried division “%(name)s”.") % {"name": key[:80]})
    found.competition = competition
    return found


class Divisions(View):
    @documented({200: JuriedDivisionSerializer(many=True)}, 404, operation_id="divisions", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The juried divisions: what each asks for, its rubric, and how its total is made."""
        found = juried(competition_of(request, slug))
        return Response(JuriedDivisionSerializer([_division(one) for one in found], many=True).data)


def _division(division: Division) -> dict[str, Any]:
    rules = division.rules
    kept = rules.as_json()
    return {
        "key": division.key,
        "title": division.title,
        "opens_at": rules.opens_at,
        "due_at": rules.due_at,
        "is_open": rules.is_open(timezone.now()),
        "is_blind": rules.is_blind,
        "is_published": release_of(division) is not None,
        "formula": formula(rules),
        "entry": kept["entry"],
        "rubric": kept["rubric"],
    }


class EntryView(View):
    parser_classes = [MultiPartParser]

    @documented({200: EntryReceiptSerializer(many=True)}, 401, 403, 404, operation_id="entry", **PLACE)
    def get(self, request: Request, slug: str, division: str) -> Response:
        """The receipts of what your team handed in, the newest first: the first one counts."""
        found = division_of(request, slug, division)
        team = team_in(request, found.competition)
        versions = EntryVersion.objects.filter(entry__team=team, entry__division=found)
        newest_first = versions.select_related("entry__division__competition").order_by("-submitted_at", "-number")
        return Response(EntryReceiptSerializer([receipt(one) for one in newest_first], many=True).data)

    @documented(
        {201: EntryReceiptSerializer},
        401,
        403,
        404,
        409,
        413,
        422,
        429,
        operation_id="hand_in",
        request={"multipart/form-data": EntryUploadSerializer},
        parameters=[SLUG, DIVISION, KEY],
    )
    def post(self, request: Request, slug: str, division: str) -> Response:
        """Hand in a version of your team's entry. The last one before the deadline counts."""
        found = division_of(request, slug, division)
        user = require_taking_part(request, found.competition)
        fields: Any = request.data  # receives the form
        uploads.form_file(request._request, "files")
        version = jury_entries.hand_in(
            user=user,
            division=found,
            words=Words(**{name: str(fields.get(name, "")) for name in ("title", "abstract", "video_url")}),
            files=[IncomingFile(one.name or "", uploads.form_chunks(one)) for one in request.FILES.getlist("files")],
            keep=[int(one) for one in fields.getlist("keep") if one.isascii() and one.isdigit()],
            key=request.headers.get("Idempotency-Key", ""),
            now=uploads.began_at(request._request, now=timezone.now()),
        )
        return Response(EntryReceiptSerializer(receipt(version)).data, status=201)


class JuryResults(View):
    @documented({200: JuryResultsSerializer}, 404, operation_id="jury_results", **PLACE)
    def get(self, request: Request, slug: str, division: str) -> Response:
        """The published result of a juried division; 404 before."""
        competition = competition_of(request, slug)
        found = published_divisions(request.user).filter(competition=competition, key=division).first()
        release = release_of(found) if found else None
        if release is None:
            raise ApiError(404, "not_found", _("No result of this division is published."))
        results = list(release.results.select_related("entry__team"))
        titles = {entry: one.title for entry, one in counted_versions([one.entry for one in results]).items()}
        rows = [
            {
                "rank": one.rank,
                "team": one.entry.team.name,
                "title": titles[one.entry_id],
                "total": one.total,
                "score_part": one.score_part,
                "jury_part": one.jury_part,
                "sheets": one.sheet_count,
            }
            for one in results
        ]
        told = {"published_at": release.published_at, "formula": formula(JudgingRules.of(release.rules))}
        return Response(JuryResultsSerializer({**told, "results": rows}).data)


# -- a juror's own sheets ---------------------------------------------------------------------------------------------


def _judged(request: Request, slug: str, key: str) -> Division:
    competition, user = competition_of(request, slug), person(request)
    found = juried_divisions(user).filter(competition=competition, key=key).first()
    if found is None:
        raise ApiError(404, "not_found", _("There is no juried division “%(name)s”.") % {"name": key[:80]})
    found.competition = competition
    return found


def _own(request: Request, division: Division) -> Any:
    """None before judging begins: until then entries still change."""
    mine = judged_sheets(person(request)).filter(entry__division=division)
    return mine if timezone.now() > begins_at(division) else mine.none()


class Sheets(View):
    @documented({200: SheetSerializer(many=True)}, 401, 404, operation_id="sheets", **PLACE)
    def get(self, request: Request, slug: str, division: str) -> Response:
        """Your own sheets as a juror, of entries of which you declared that there is no conflict of interest."""
        mine = _own(request, _judged(request, slug, division)).order_by("entry__number")
        return Response(SheetSerializer([_sheet(one) for one in mine], many=True).data)


class SheetView(View):
    @documented({200: SheetSerializer}, 401, 404, operation_id="sheet", parameters=[SLUG, DIVISION, ENTRY_NUMBER])
    def get(self, request: Request, slug: str, division: str, number: int) -> Response:
        """One of your sheets."""
        return Response(SheetSerializer(_sheet(_found(request, slug, division, number))).data)

    @documented(
        {200: SheetSerializer},
        401,
        404,
        409,
        422,
        operation_id="sheet_save",
        request=SheetUpdateSerializer,
        parameters=[SLUG, DIVISION, ENTRY_NUMBER],
    )
    def put(self, request: Request, slug: str, division: str, number: int) -> Response:
        """Save your sheet. 409 when it was changed elsewhere since the version you read, or is signed."""
        sheet = _found(request, slug, division, number)
        sent = SheetUpdateSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        marking = Marking(said["marks"], said.get("comment", sheet.comment), said.get("notes", sheet.notes))
        saved = sheets.save(sheet, marking, juror=person(request), version=said["version"], now=timezone.now())
        return Response(SheetSerializer(_sheet(saved)).data)


def _found(request: Request, slug: str, key: str, number: int) -> Sheet:
    found: Sheet | None = _own(request, _judged(request, slug, key)).filter(entry__number=number).first()
    if found is None:
        raise ApiError(404, "not_found", _("You have no sheet of entry %(number)s.") % {"number": number})
    return found


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "entry": sheet.entry.number,
        "title": counted_version(sheet.entry).title,
        "marks": sheet.marks,
        "comment": sheet.comment,
        "notes": sheet.notes,
        "version": sheet.version,
        "is_locked": sheet.locked_at is not None,
    }
