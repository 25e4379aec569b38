"""What a candidate hands in, as a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from competitions.models import WinnerEntry
from competitions.programs import ACCEPTED
from competitions.queries.winners import newest_hand_in
from competitions.services.hand_ins import MODEL_APART, MODEL_INSIDE, Upload
from competitions.uploads import form_chunks
from competitions.winner_rules import FILE_PARTS, STAGES

STAGE_NAMES = {"preprocessing": _("Preprocessing"), "training": _("Training"), "prediction": _("Prediction")}
LONG, SHORT = 8000, 200


def _file(label: Any, help_text: Any, accept: str = "") -> forms.FileField:
    widget = forms.ClearableFileInput(attrs={"accept": accept} if accept else {})
    return forms.FileField(label=label, help_text=help_text, required=False, max_length=200, widget=widget)


def _text(label: Any, *, rows: int = 3, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=False, max_length=LONG, widget=widget, **options)


class HandInForm(forms.Form):
    code = _file(
        _("Code"),
        _("A ZIP with main.py at its top, one script or one notebook. It reads data/ and writes to submission/."),
        ",".join(ACCEPTED.values()),
    )
    model_place = forms.ChoiceField(
        label=_("Trained model"),
        choices=[(MODEL_INSIDE, _("inside the ZIP, or none is needed")), (MODEL_APART, _("a file of its own"))],
        widget=forms.RadioSelect,
        initial=MODEL_INSIDE,
    )
    model = _file(_("Model file"), _("The program finds it in model/, under the name that it has here."))
    environment = _file(_("Environment"), _("A lock file: requirements.txt with exact versions, environment.yml, …"))
    report = _file(
        _("Report on the solution"), _("How the solution works: features, what mattered, insights. PDF or text.")
    )
    seeds = _text(_("Random seeds"), help_text=_("Which seeds are set where, and what stays random."))
    preprocessing_commands = _text(_("Commands"))
    preprocessing_minutes = forms.FloatField(label=_("Run time (minutes)"), required=False, min_value=0, max_value=1e6)
    preprocessing_hardware = forms.CharField(label=_("Hardware"), required=False, max_length=SHORT)
    training_commands = _text(_("Commands"))
    training_minutes = forms.FloatField(label=_("Run time (minutes)"), required=False, min_value=0, max_value=1e6)
    training_hardware = forms.CharField(label=_("Hardware"), required=False, max_length=SHORT)
    prediction_commands = _text(_("Commands"))
    prediction_minutes = forms.FloatField(label=_("Run time (minutes)"), required=False, min_value=0, max_value=1e6)
    prediction_hardware = forms.CharField(label=_("Hardware"), required=False, max_length=SHORT)

    def __init__(self, *args: Any, entry: WinnerEntry, **kwargs: Any) -> None:
        """What the contest asks for is required, apart from files that the version before has already."""
        super().__init__(*args, **kwargs)
        newest = newest_hand_in(entry)
        kept = {one.part for one in newest.files.all()} if newest else set()
        required = entry.audit.rules.required
        for part in ("code", "environment", "report"):
            self.fields[part].required = part in required and part not in kept
        self.fields["seeds"].required = "seeds" in required
        for stage in STAGES:
            self.fields[f"{stage}_commands"].required = "steps" in required

    @staticmethod
    def initial_of(texts: dict[str, Any]) -> dict[str, Any]:
        """A form with what the version before said."""
        stages = texts.get("stages", {})
        found = {f"{stage}_{name}": value for stage, values in stages.items() for name, value in values.items()}
        return {"model_place": texts.get("model", MODEL_INSIDE), "seeds": texts.get("seeds", ""), **found}

    @property
    def texts(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("commands", "minutes", "hardware")
        stages = {stage: {name: data[f"{stage}_{name}"] for name in names} for stage in STAGES}
        return {"model": data["model_place"], "seeds": data["seeds"], "stages": stages}

    @property
    def uploads(self) -> dict[str, Upload]:
        files = {part: self.cleaned_data[part] for part in FILE_PARTS if self.cleaned_data.get(part)}
        if self.cleaned_data["model_place"] == MODEL_INSIDE:
            files.pop("model", None)
        return {part: Upload(file.name, lambda file=file: form_chunks(file)) for part, file in files.items()}  # type: ignore[misc]

    @property
    def general_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("code", "model_place", "model", "environment", "report", "seeds")]

    @property
    def stages(self) -> list[tuple[Any, list[forms.BoundField]]]:
        names = ("commands", "minutes", "hardware")
        return [(STAGE_NAMES[stage], [self[f"{stage}_{name}"] for name in names]) for stage in STAGES]
