"""Forms of announcements, mail switches, the discussion and webhooks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from competitions.localised import text_in
from competitions.models import Phase
from competitions.status import MAIL_MODES, Audience, MailKind, MailMode, WebhookEvent


def _title(label: Any, language: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=120, widget=forms.TextInput(attrs={"lang": language}))


def _text(label: Any, language: str) -> forms.CharField:
    area = forms.Textarea(attrs={"lang": language, "rows": 8})
    return forms.CharField(label=label, max_length=20_000, widget=area, help_text=_("Markdown."))


class AnnouncementForm(forms.Form):
    title_en = _title(_("Title in English"), "en")
    text_en = _text(_("Text in English"), "en")
    title_ja = _title(_("Title in Japanese"), "ja")
    text_ja = _text(_("Text in Japanese"), "ja")
    audience = forms.ChoiceField(label=_("For"), choices=Audience.choices)
    phase = forms.ChoiceField(
        label=_("Phase"), required=False, help_text=_("For members of teams that submitted in a phase only.")
    )

    def __init__(self, *args: Any, phases: Sequence[Phase], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["phase"]
        if isinstance(chosen, forms.ChoiceField):
            chosen.choices = [("", "–"), *((phase.key, text_in(phase.name)) for phase in phases)]


class MailForm(forms.Form):
    """One switch for each kind of mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, modes in MAIL_MODES.items():
            choices = [(mode.value, mode.label) for mode in modes]
            self.fields[kind.value] = forms.ChoiceField(label=kind.label, choices=choices)

    @property
    def chosen(self) -> dict[MailKind, MailMode]:
        return {MailKind(kind): MailMode(mode) for kind, mode in self.cleaned_data.items()}


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("It begins with https:// and lies on the public internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(event.value, event.label) for event in WebhookEvent if event != WebhookEvent.TEST],
        widget=forms.CheckboxSelectMultiple,
    )


class PostForm(forms.Form):
    text = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Markdown: **bold**, `code`, [link](https://…), lists, tables."),
    )


class TopicForm(PostForm):
    title = forms.CharField(label=_("Title"), max_length=150)
    field_order = ["title", "text"]
