"""Forms of the organiser's workspace."""

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from competitions.bundles.archives import BadName, check_name
from competitions.bundles.originals import FILE_NAME

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class NewContestForm(forms.Form):
    slug = forms.CharField(
        label=_("Name in the address"),
        max_length=80,
        help_text=_("Lower-case letters, digits and single hyphens, such as sea-ice-2026. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    title_ja = forms.CharField(label=_("Title in Japanese"), max_length=200)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        initial="Asia/Tokyo",
        help_text=_("A name such as Asia/Tokyo. Days and deadlines are counted in it."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    contact_email = forms.EmailField(label=_("Contact address"), help_text=_("Contestants see it."))

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if not SLUG.fullmatch(slug):
            raise ValidationError(_("Use lower-case letters, digits and single hyphens, such as sea-ice-2026."))
        return slug

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in available_timezones():
            raise ValidationError(_("There is no such time zone; write Asia/Tokyo, for example."))
        return name


class UploadForm(forms.Form):
    """A file for a contest's folder."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        allow_empty_file=True,
        error_messages={"required": _("Choose a file first.")},
    )
    folder = forms.CharField(
        label=_("Folder"),
        required=False,
        max_length=200,
        help_text=_("Where it lies beside competition.yaml, such as data or truth."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    base = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is None:
            return cleaned
        folder = str(cleaned.get("folder", "")).strip().strip("/")
        name = f"{folder}/{file.name}" if folder else str(file.name)
        try:
            check_name(name)
        except BadName as error:
            raise ValidationError(str(error)) from None
        if name == FILE_NAME:
            raise ValidationError(_("Change competition.yaml on the YAML page."))
        cleaned["name"] = name
        return cleaned


class ZipForm(forms.Form):
    file = forms.FileField(label=_("ZIP file"), max_length=200, error_messages={"required": _("Choose a file first.")})
    base = forms.IntegerField(widget=forms.HiddenInput)
    sure = forms.CharField(
        label=_("Type the contest's name to replace all of its files"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug
        self.fields["sure"].help_text = slug

    def clean_sure(self) -> str:
        sure: str = self.cleaned_data["sure"].strip()
        if sure != self.slug:
            raise ValidationError(_("Type %(slug)s, exactly so.") % {"slug": self.slug})
        return sure
