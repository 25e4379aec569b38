"""Contests and their parts, with every text in all languages."""

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from competitions.models import Competition, Division, Page, Phase, Runtime, Task, Terms
from competitions.programs import ACCEPTED, CodeRules
from competitions.quota import GRACE
from competitions.status import PhaseState


class Localised(serializers.DictField):
    """A text by language: {"en": ..., "ja": ...}."""

    child = serializers.CharField()


class CompetitionSerializer(serializers.ModelSerializer[Competition]):
    """A contest in a list."""

    title = Localised()
    description = Localised()
    host = Localised()
    reward = Localised()
    tags = serializers.ListField(child=serializers.CharField())
    starts_at = serializers.DateTimeField(allow_null=True, help_text="The start of the first phase.")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="The end of the last phase.")
    team_count = serializers.IntegerField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Competition
        fields = (
            "slug",
            "title",
            "description",
            "host",
            "reward",
            "tags",
            "time_zone",
            "starts_at",
            "ends_at",
            "team_count",
            "url",
        )

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, competition: Competition) -> str:
        address = reverse("api:competition", args=[competition.slug])
        return str(self.context["request"].build_absolute_uri(address))


class CompetitionPageSerializer(serializers.Serializer[object]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CompetitionSerializer(many=True)


class PageSerializer(serializers.ModelSerializer[Page]):
    title = Localised()
    text = Localised(help_text="Markdown.")

    class Meta:
        model = Page
        fields = ("key", "title", "text")


class DivisionSerializer(serializers.ModelSerializer[Division]):
    title = Localised()

    class Meta:
        model = Division
        fields = ("key", "title")


class PhaseSerializer(serializers.ModelSerializer[Phase]):
    name = Localised()
    state = serializers.SerializerMethodField()
    tasks = serializers.SlugRelatedField[Task](many=True, read_only=True, slug_field="key")
    divisions = serializers.SlugRelatedField[Division](many=True, read_only=True, slug_field="key")
    frozen_from = serializers.SlugRelatedField[Phase](
        read_only=True, slug_field="key", allow_null=True, help_text="A second stage runs the programs of this phase."
    )
    hides_scores = serializers.BooleanField(help_text="Until it is over.")
    promotes_from = serializers.SerializerMethodField()
    grace_seconds = serializers.SerializerMethodField(
        help_text="An upload that begins before the end may end so much later."
    )

    class Meta:
        model = Phase
        fields = (
            "key",
            "name",
            "starts_at",
            "ends_at",
            "state",
            "max_submissions_per_day",
            "max_submissions",
            "max_rejected_per_day",
            "max_file_bytes",
            "max_concurrent",
            "late_submissions",
            "grace_seconds",
            "submission_rule",
            "frozen_from",
            "hides_scores",
            "promotes_from",
            "tasks",
            "divisions",
        )

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Only teams promoted from this phase enter."))
    def get_promotes_from(self, phase: Phase) -> str | None:
        rule = getattr(phase, "promotion", None)
        return rule.source.key if rule else None

    def get_grace_seconds(self, phase: Phase) -> int:
        return int(GRACE.total_seconds())

    @extend_schema_field(serializers.ChoiceField(choices=PhaseState.values))
    def get_state(self, phase: Phase) -> str:
        return phase.state(self.context["now"]).value


class RuntimeSerializer(serializers.ModelSerializer[Runtime]):
    packages = serializers.DictField(child=serializers.CharField(), help_text="Name and exact version.")

    class Meta:
        model = Runtime
        fields = ("name", "version", "python", "digest", "packages")


class CodeSerializer(serializers.Serializer[object]):
    accepts = serializers.ListField(child=serializers.ChoiceField(choices=list(ACCEPTED)))
    endings = serializers.ListField(child=serializers.CharField(), help_text="Of the file's name.")
    steps = serializers.BooleanField(help_text="Is it started anew for each time step?")
    inputs_are_public = serializers.BooleanField(help_text="If not, no log of the run on the test inputs is shown.")
    has_trial = serializers.BooleanField(help_text="Does a trial on public inputs come before the run that counts?")
    timing_runs = serializers.IntegerField()
    limits = serializers.DictField(child=serializers.FloatField(), help_text="The units are in the names.")
    trial_limits = serializers.DictField(child=serializers.FloatField())
    runtime_name = serializers.CharField()
    runtime = RuntimeSerializer(allow_null=True, help_text="null while no worker has it.")


class TaskSerializer(serializers.ModelSerializer[Task]):
    name = Localised()
    metrics = serializers.SerializerMethodField(help_text="How it is scored; the first one ranks.")
    scoring_version = serializers.SerializerMethodField()
    code = serializers.SerializerMethodField(help_text="Of a task that takes programs; else null.")

    class Meta:
        model = Task
        fields = ("key", "name", "metrics", "scoring_version", "code")

    @extend_schema_field(CodeSerializer(allow_null=True))
    def get_code(self, task: Task) -> dict[str, Any] | None:
        if not task.code:
            return None
        rules = CodeRules.of(task.code)
        content = {
            "accepts": rules.accepts,
            "endings": rules.endings,
            "steps": rules.has_steps,
            "inputs_are_public": rules.inputs_are_public,
            "has_trial": bool(task.trial_inputs_digest),
            "timing_runs": rules.timing_runs,
            "limits": rules.limits.as_dict(),
            "trial_limits": rules.trial_limits.as_dict(),
            "runtime_name": rules.runtime,
            "runtime": task.runtime,
        }
        return dict(CodeSerializer(content).data)

    @extend_schema_field(serializers.ListField(child=serializers.DictField(child=serializers.JSONField())))
    def get_metrics(self, task: Task) -> list[dict[str, Any]]:
        return list(task.current_version.metrics) if task.current_version else []

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_scoring_version(self, task: Task) -> int | None:
        return task.current_version.number if task.current_version else None


class MeInContestSerializer(serializers.Serializer[object]):
    team = serializers.CharField(allow_null=True)
    next_step = serializers.CharField(
        allow_null=True,
        help_text="What stands between you and taking part: email_not_verified, not_joined, terms_not_accepted, "
        "data_terms_not_accepted, waiting_for_approval, not_admitted, not_eligible.",
    )


class CompetitionDetailSerializer(CompetitionSerializer):
    pages = PageSerializer(many=True)
    phases = PhaseSerializer(many=True)
    tasks = TaskSerializer(many=True)
    divisions = DivisionSerializer(many=True)
    terms_version = serializers.SerializerMethodField()
    me = serializers.SerializerMethodField(help_text="null when not logged in.")

    class Meta(CompetitionSerializer.Meta):
        fields = (
            *CompetitionSerializer.Meta.fields,
            "contact_email",
            "final_rule",
            "final_select",
            "final_counts",
            "team_max_size",
            "team_deadline",
            "pages",
            "phases",
            "tasks",
            "divisions",
            "terms_version",
            "me",
        )  # type: ignore[assignment]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_terms_version(self, competition: Competition) -> str | None:
        terms = competition.terms.last()
        return terms.version if terms else None

    @extend_schema_field(MeInContestSerializer(allow_null=True))
    def get_me(self, competition: Competition) -> dict[str, str | None] | None:
        me: dict[str, str | None] | None = self.context["me"]
        return me


class TermsSerializer(serializers.ModelSerializer[Terms]):
    text = Localised(help_text="Markdown.")
    is_accepted = serializers.SerializerMethodField()

    class Meta:
        model = Terms
        fields = ("version", "text", "created_at", "is_accepted")

    def get_is_accepted(self, terms: Terms) -> bool:
        return bool(self.context["is_accepted"])


class AcceptTermsSerializer(serializers.Serializer[object]):
    version = serializers.CharField(max_length=40, help_text="The version that you read and accept; the newest.")


class JoinSerializer(serializers.Serializer[object]):
    team_name = serializers.CharField(max_length=200)
    accept_terms = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="The version of the rules you accept."
    )
    accept_data_terms = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="The version of the data terms likewise."
    )
    answers = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        default=dict,
        help_text="To the contest's questions: {key: true, false, the key of a choice, or a text}.",
    )
    consents = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        default=list,
        max_length=50,
        help_text="The keys of the optional consents that you give.",
    )


class TeamSerializer(serializers.Serializer[object]):
    competition = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
