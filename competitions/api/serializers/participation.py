"""What a contest asks of whoever joins, and who waits."""

from rest_framework import serializers

from competitions.api.serializers.competitions import Localised
from competitions.models import DataTerms
from competitions.participation import QuestionKind
from competitions.status import RegistrationStatus, Role

STATES = ", ".join(RegistrationStatus.values)


class OptionSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    text = serializers.DictField(child=serializers.CharField())


class QuestionSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in QuestionKind])
    text = serializers.DictField(child=serializers.CharField())
    choices = OptionSerializer(many=True)
    decides = serializers.BooleanField(help_text="Does the answer decide whether one may take part?")
    personal = serializers.BooleanField()
    optional = serializers.BooleanField()


class ConsentSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    text = serializers.DictField(child=serializers.CharField())
    given = serializers.BooleanField()


class ParticipationSerializer(serializers.Serializer[object]):
    needs_approval = serializers.BooleanField()
    terms_version = serializers.CharField(allow_null=True)
    data_terms_version = serializers.CharField(allow_null=True)
    questions = QuestionSerializer(many=True)
    consents = ConsentSerializer(many=True)
    status = serializers.CharField(allow_null=True, help_text=f"Yours, of: {STATES}; null: none.")
    answers = serializers.DictField(child=serializers.JSONField(), help_text="Yours.")
    reason = serializers.CharField(allow_blank=True, help_text="Why the organisers refused.")
    next_step = serializers.CharField(allow_null=True)


class DataTermsSerializer(serializers.ModelSerializer[DataTerms]):
    text = Localised(help_text="Markdown.")
    is_accepted = serializers.SerializerMethodField()

    class Meta:
        model = DataTerms
        fields = ("version", "text", "created_at", "is_accepted")

    def get_is_accepted(self, terms: DataTerms) -> bool:
        return bool(self.context["is_accepted"])


class RegistrationSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    user = serializers.CharField()
    team = serializers.CharField(allow_blank=True)
    status = serializers.CharField(help_text=STATES)
    answers = serializers.DictField(child=serializers.JSONField())
    was_ineligible = serializers.BooleanField()
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class DecisionSerializer(serializers.Serializer[object]):
    decision = serializers.ChoiceField(choices=["approve", "refuse"])
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ConsentChangeSerializer(serializers.Serializer[object]):
    key = serializers.CharField(max_length=40)
    given = serializers.BooleanField()


class RoleSerializer(serializers.Serializer[object]):
    user = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.values)
    since = serializers.DateTimeField(allow_null=True)
    given_by = serializers.CharField(allow_null=True)


class RoleInvitationSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.values)
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class PeopleSerializer(serializers.Serializer[object]):
    roles = RoleSerializer(many=True)
    invitations = RoleInvitationSerializer(many=True, help_text="Open ones.")


class InviteToRoleSerializer(serializers.Serializer[object]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.values)
    language = serializers.ChoiceField(choices=["en", "ja"], required=False, default="en")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
