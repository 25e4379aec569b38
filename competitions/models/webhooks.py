"""Where organisers want events of their contest sent."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Competition


class WebhookEndpoint(models.Model):
    """An address and what it is told. Its secret is made from the site's key and `nonce`, and is kept nowhere.

    After a rotation the former secret signs along until `former_until`, so that no event is refused meanwhile.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="webhook_endpoints")
    url = models.URLField(max_length=500)
    events = models.JSONField(default=list)
    nonce = models.CharField(max_length=64)
    former_nonce = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url
