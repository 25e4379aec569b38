"""Forms check the shape of what was sent; whether it is allowed is decided by the services."""

from operator import itemgetter
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from competitions.acts import act_text
from competitions.models import Terms


class JoinForm(forms.Form):
    team_name = forms.CharField(
        label=_("Team name"),
        max_length=60,
        help_text=_("Everybody sees it on the leaderboard. A person who takes part alone is a team of one."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    accept = forms.BooleanField(
        label=_("I have read the rules and accept them."),
        error_messages={"required": _("To take part, accept the rules.")},
    )

    def __init__(self, *args: Any, terms: Terms | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if terms is None:
            del self.fields["accept"]


class AcceptForm(forms.Form):
    version = forms.CharField(widget=forms.HiddenInput, max_length=40)
    accept = forms.BooleanField(
        label=_("I have read the rules and accept them."),
        error_messages={"required": _("To take part, accept the rules.")},
    )

    def __init__(self, *args: Any, terms: Terms | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = terms
        self.fields["version"].initial = terms.version if terms else ""

    def clean_version(self) -> str:
        """What a person accepts is what they read, not what was published while they read."""
        version: str = self.cleaned_data["version"]
        if self.terms is None or version != self.terms.version:
            raise forms.ValidationError(_("A newer version of the rules was published while you read. Read it first."))
        return version


class RenameForm(forms.Form):
    name = forms.CharField(label=_("Team name"), max_length=200)


class InviteForm(forms.Form):
    who = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        help_text=_("A person of this site is asked here. For an address you get a link that works once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_who(self) -> str:
        who: str = self.cleaned_data["who"].strip()
        if "@" in who:
            validate_email(who)
        return who


class TeamLinkForm(InviteForm):
    """With the choice to have the link mailed, which an address alone allows."""

    by_mail = forms.BooleanField(label=_("Send the link to the address by mail"), required=False, initial=True)


class SubmitForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty.")},
        max_length=200,
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("For your team only: what was tried."),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("So that you can tell it from others: laptop, cluster, notebook.")
    )


def zone_choices() -> list[tuple[str, str]]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
    return [("", str(_("as the device has it"))), ("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones)]


class ProfileForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as the browser asks")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=zone_choices,
        help_text=_("Deadlines are shown in the contest's zone, and beside it in yours."),
    )


class AuditFilterForm(forms.Form):
    verb = forms.ChoiceField(label=_("Act"), required=False)
    person = forms.CharField(label=_("Person"), required=False, max_length=150)
    text = forms.CharField(label=_("Subject or reason"), required=False, max_length=100)
    first_day = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, verbs: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(((verb, act_text(verb)) for verb in verbs), key=itemgetter(1))
        self.fields["verb"] = forms.ChoiceField(label=_("Act"), required=False, choices=[("", _("all")), *known])
