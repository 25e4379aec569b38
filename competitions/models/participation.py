"""What a person said to take part: the data terms, answers to the contest's questions, consents; and the way in."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition
from competitions.status import ConsentWay, RegistrationStatus


class DataTerms(models.Model):
    """One version of the terms of the data. Never changed once somebody accepted it; a change is a new version."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="data_terms")
    version = models.CharField(max_length=40)
    text = models.JSONField()
    html = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "version"], name="data_terms_version_once")]

    def __str__(self) -> str:
        return f"{self.competition_id} data terms {self.version}"


class DataAcceptance(models.Model):
    """The record that a person accepted one version of the data terms. `digest`: of the text that they were shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_acceptances")
    terms = models.ForeignKey(DataTerms, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    way = models.CharField(max_length=8, choices=ConsentWay.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "terms"], name="data_terms_accepted_once"),
            models.CheckConstraint(condition=Q(way__in=ConsentWay.values), name="data_acceptance_way_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} accepted data terms {self.terms_id}"


class Registration(models.Model):
    """A person's way into a contest. Without a row a member of a team takes part: nothing was asked of them.

    `answers`: {key: true | false | key of a choice | text}. `reason`: why the organisers refused.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="registrations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="registrations")
    status = models.CharField(max_length=12, choices=RegistrationStatus.choices)
    answers = models.JSONField(default=dict)
    # Whoever answered that they may not take part, and then answers otherwise, is looked at by the organisers.
    was_ineligible = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "user"], name="registration_once"),
            models.CheckConstraint(
                condition=Q(status__in=RegistrationStatus.values), name="registration_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.competition_id}: {self.status}"


class Consent(models.Model):
    """One giving of an optional consent, and when it was taken back; given again, it is another row.

    `text` is what the person read, and `digest` is of it: a label that is changed later consents to nothing.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="consent_records")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    key = models.CharField(max_length=40)
    text = models.JSONField()
    digest = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    way = models.CharField(max_length=8, choices=ConsentWay.choices)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["given_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "user", "key"],
                condition=Q(withdrawn_at=None),
                name="consent_given_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(way__in=ConsentWay.values), name="consent_way_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} consents to {self.key} in {self.competition_id}"
