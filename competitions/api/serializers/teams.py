"""Teams as their members see them, invitations, and proposals to merge."""

from rest_framework import serializers

from competitions.queries.team_merges import Hindrance


class MemberSerializer(serializers.Serializer[object]):
    user = serializers.CharField()
    is_captain = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class InvitationSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    competition = serializers.CharField()
    team = serializers.CharField()
    user = serializers.CharField(allow_null=True, help_text="Who is asked; null for a link.")
    email = serializers.CharField(allow_blank=True)
    invited_by = serializers.CharField()
    expires_at = serializers.DateTimeField()


class NewInvitationSerializer(InvitationSerializer):
    token = serializers.CharField(allow_null=True, help_text="Of a link; told once, now.")


class MergeSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    team = serializers.CharField(help_text="The team that proposes, and stays.")
    other = serializers.CharField(help_text="The team that is asked, and becomes part of it.")
    proposed_by = serializers.CharField()
    proposed_at = serializers.DateTimeField()


class TeamDetailSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    members = MemberSerializer(many=True)
    max_size = serializers.IntegerField()
    forming_ends_at = serializers.DateTimeField(allow_null=True, help_text="Until then teams form and merge.")
    invitations = InvitationSerializer(many=True)
    merges = MergeSerializer(many=True, help_text="Open proposals; for captains.")


class PhaseUseSerializer(serializers.Serializer[object]):
    phase = serializers.CharField()
    team_used = serializers.IntegerField()
    other_used = serializers.IntegerField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True, help_text="What one team could have until now; null: unlimited.")


class OutlookSerializer(serializers.Serializer[object]):
    team = serializers.CharField()
    other = serializers.CharField()
    size = serializers.IntegerField()
    max_size = serializers.IntegerField()
    submissions = serializers.IntegerField()
    uses = PhaseUseSerializer(many=True)
    clears_choices = serializers.BooleanField(help_text="Both have chosen too many for the end; choose anew.")
    hindrances = serializers.ListField(child=serializers.ChoiceField(choices=[one.value for one in Hindrance]))


class RenameSerializer(serializers.Serializer[object]):
    name = serializers.CharField(max_length=200)


class InviteSerializer(serializers.Serializer[object]):
    user = serializers.CharField(max_length=150, required=False, help_text="A person of this site.")
    email = serializers.EmailField(required=False, help_text="Without `user`: whom you mean to send the link.")

    by_mail = serializers.BooleanField(required=False, default=False, help_text="Mail the link to `email`.")

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if ("user" in attrs) == ("email" in attrs):
            raise serializers.ValidationError("Name either a user or an e-mail address.")
        return attrs


class PersonSerializer(serializers.Serializer[object]):
    user = serializers.CharField(max_length=150)


class OtherTeamSerializer(serializers.Serializer[object]):
    other = serializers.CharField(max_length=60, help_text="The other team's name.")


class AnswerSerializer(serializers.Serializer[object]):
    answer = serializers.ChoiceField(choices=["accept", "decline"])
    accept_terms = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="The version of the rules you accept."
    )


class LinkAnswerSerializer(AnswerSerializer):
    token = serializers.CharField(max_length=100)


class MergeAnswerSerializer(serializers.Serializer[object]):
    decision = serializers.ChoiceField(choices=["accept", "decline", "withdraw"])
