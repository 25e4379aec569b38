"""The discussion of a contest: topics, posts, what became of them, and who has read how far."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition


class Topic(models.Model):
    """`last_post_at` and `post_count` speak of posts that everybody sees; `is_hidden` goes with the first post."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="topics")
    title = models.CharField(max_length=150)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="topics")
    created_at = models.DateTimeField()
    last_post_at = models.DateTimeField()
    last_post_number = models.PositiveBigIntegerField(default=0)
    post_count = models.PositiveIntegerField(default=1)
    is_pinned = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_pinned", "-last_post_at", "-pk"]
        indexes = [models.Index(fields=["competition", "-is_pinned", "-last_post_at", "-id"], name="topic_order")]

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """`html` is made from the Markdown once, when it is written. Taken away is: deleted by its author, or hidden by an
    organiser with a reason; both stay in the database."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="posts")
    text = models.TextField()
    html = models.TextField()
    is_first = models.BooleanField(default=False)
    is_official = models.BooleanField(default=False)  # an organiser's word that counts
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["topic"], condition=Q(is_first=True), name="topic_has_one_first_post")
        ]
        indexes = [
            models.Index(fields=["topic", "id"], name="post_order"),
            models.Index(fields=["author", "created_at"], name="post_rate"),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"

    @property
    def is_taken_away(self) -> bool:
        return self.deleted_at is not None or self.hidden_at is not None


class PostVersion(models.Model):
    """What a post said before an edit."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="versions")
    text = models.TextField()
    html = models.TextField()
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"post {self.post_id} until {self.replaced_at}"


class PostReport(models.Model):
    """A reader's word that a post should be looked at."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["post", "reporter"], name="post_reported_once_by_a_person")]

    def __str__(self) -> str:
        return f"report of post {self.post_id}"


class TopicRead(models.Model):
    """How far a person has read: the number of the last post they saw."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    up_to = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "user"], name="topic_read_once")]

    def __str__(self) -> str:
        return f"{self.user_id} read topic {self.topic_id} up to {self.up_to}"
