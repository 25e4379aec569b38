"""Forms of roles, of joining a contest that asks something, and of the own profile."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from competitions.countries import NAMES, country_choices
from competitions.localised import text_in
from competitions.models import Competition, DataTerms, Membership, Terms
from competitions.pages.forms import JoinForm, ProfileForm
from competitions.participation import MAX_TEXT_CHARACTERS, Question, QuestionKind, questions_of
from competitions.permissions import Visitor, can_give_role
from competitions.status import Role

QUESTION, CONSENT = "question-", "consent-"


class EntryForm(JoinForm):
    """Team name, the contest's questions, rules, terms of the data, and the optional consents, which begin unticked."""

    data_version = forms.CharField(widget=forms.HiddenInput, max_length=40)
    accept_data = forms.BooleanField(
        label=_("I have read the terms of the data and accept them."),
        error_messages={"required": _("To take part, accept the terms of the data.")},
    )

    def __init__(
        self,
        *args: Any,
        competition: Competition,
        terms: Terms | None,
        data_terms: DataTerms | None,
        asks: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, terms=terms, **kwargs)
        self.data_terms = data_terms
        self.questions = questions_of(competition.questions) if asks else ()
        for question in self.questions:
            self.fields[QUESTION + question.key] = _field(question)
        if data_terms is None:
            del self.fields["data_version"], self.fields["accept_data"]
        else:
            self.fields["data_version"].initial = data_terms.version
        for said in competition.consents:
            label = text_in(said["label"])
            self.fields[CONSENT + said["key"]] = forms.BooleanField(label=label, required=False, help_text=_FREELY)
        first = ["team_name", *(QUESTION + question.key for question in self.questions)]
        self.order_fields(first)

    def clean_data_version(self) -> str:
        """What a person accepts is what they read, not what was published while they read."""
        version: str = self.cleaned_data["data_version"]
        if self.data_terms is None or version != self.data_terms.version:
            raise forms.ValidationError(_("Newer terms of the data were published while you read. Read them first."))
        return version

    @property
    def answers(self) -> dict[str, Any]:
        given = {question.key: self.cleaned_data.get(QUESTION + question.key) for question in self.questions}
        return {key: answer for key, answer in given.items() if answer not in (None, "")}

    @property
    def given_consents(self) -> frozenset[str]:
        ticked = [name for name, value in self.cleaned_data.items() if name.startswith(CONSENT) and value]
        return frozenset(name.removeprefix(CONSENT) for name in ticked)


_FREELY = _("You need not agree to take part, and you can take it back on your page at any time.")


def _field(question: Question) -> forms.Field:
    hints = [text for text, holds in _hints(question) if holds]
    common: dict[str, Any] = {
        "label": text_in(question.label),
        "required": not question.is_optional,
        "help_text": " ".join(str(hint) for hint in hints),
    }
    if question.kind == QuestionKind.TEXT:
        return forms.CharField(max_length=MAX_TEXT_CHARACTERS, **common)
    if question.kind == QuestionKind.YES_NO:
        options = [("yes", str(_("yes"))), ("no", str(_("no")))]
    else:
        options = [(option.key, text_in(option.label)) for option in question.options]
    return forms.ChoiceField(choices=[("", "–"), *options], **common)


def _hints(question: Question) -> list[tuple[Any, bool]]:
    needed = _("Whether you may take part depends on this answer.")
    personal = _("This is personal data; the contest's organisers read it.")
    return [(needed, question.eligible is not None), (personal, question.is_personal)]


class AcceptDataForm(forms.Form):
    version = forms.CharField(widget=forms.HiddenInput, max_length=40)
    accept = forms.BooleanField(
        label=_("I have read the terms of the data and accept them."),
        error_messages={"required": _("To take part, accept the terms of the data.")},
    )

    def __init__(self, *args: Any, terms: DataTerms | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = terms
        self.fields["version"].initial = terms.version if terms else ""

    def clean_version(self) -> str:
        version: str = self.cleaned_data["version"]
        if self.terms is None or version != self.terms.version:
            raise forms.ValidationError(_("Newer terms of the data were published while you read. Read them first."))
        return version


class RoleInvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"))
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is in the mail and on the page of the invitation."),
    )

    def __init__(self, *args: Any, actor: Visitor, competition: Competition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_role(self.fields["role"], actor, competition)


class RoleForm(forms.Form):
    """Another role for somebody who has one, or none any more."""

    role = forms.ChoiceField(label=_("Role"))
    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("The audit log keeps it."))

    def __init__(self, data: Any = None, *, actor: Visitor, membership: Membership) -> None:
        super().__init__(data, auto_id=f"id_{membership.pk}_%s")
        _choose_role(self.fields["role"], actor, membership.competition)
        self.fields["role"].initial = membership.role


def _choose_role(field: forms.Field, actor: Visitor, competition: Competition) -> None:
    """Those that this person may give."""
    if isinstance(field, forms.ChoiceField):
        field.choices = [(role.value, role.label) for role in Role if can_give_role(actor, competition, role)]


class RefusalForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=500, help_text=_("The person reads it."))


class OwnProfileForm(ProfileForm):
    affiliation = forms.CharField(
        label=_("Affiliation"),
        required=False,
        max_length=200,
        help_text=_("University, company or other body. Beside your name, sponsors see it only where you consent."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(
        label=_("Country or territory"),
        required=False,
        choices=country_choices,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    def clean_country(self) -> str:
        code: str = self.cleaned_data["country"]
        return code if code in NAMES else ""
