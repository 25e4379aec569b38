"""Records, one file a noun."""

from competitions.models.announcements import Announcement, Notice
from competitions.models.audit import AuditEvent, AuditHead
from competitions.models.changes import ChangeEvent, ChangeRequest, DataDownload
from competitions.models.competitions import Competition, Division, Membership, Page, Phase, ScoringVersion, Task, Terms
from competitions.models.data import Blob, DataFile, DataRelease
from competitions.models.discussion import Post, PostReport, PostVersion, Topic, TopicRead
from competitions.models.evaluations import Evaluation, EvaluationEvent, Score, WorkerReport
from competitions.models.executions import Execution, ExecutionEvent, RunRecord, Runtime
from competitions.models.file_checks import FileCheck
from competitions.models.final_choices import FinalChoice, FinalRecord
from competitions.models.leaderboards import Board, Standing
from competitions.models.outbox import MailSwitch, OutboxItem, Round
from competitions.models.people import ApiToken, User
from competitions.models.submissions import Submission
from competitions.models.teams import Acceptance, Team, TeamInvitation, TeamMember, TeamMerge, TeamPhase
from competitions.models.webhooks import WebhookEndpoint

__all__ = [
    "Acceptance",
    "Announcement",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "Blob",
    "Board",
    "ChangeEvent",
    "ChangeRequest",
    "Competition",
    "DataDownload",
    "DataFile",
    "DataRelease",
    "Division",
    "Evaluation",
    "EvaluationEvent",
    "Execution",
    "ExecutionEvent",
    "FileCheck",
    "FinalChoice",
    "FinalRecord",
    "MailSwitch",
    "Membership",
    "Notice",
    "OutboxItem",
    "Page",
    "Phase",
    "Post",
    "PostReport",
    "PostVersion",
    "Round",
    "RunRecord",
    "Runtime",
    "Score",
    "ScoringVersion",
    "Standing",
    "Submission",
    "Task",
    "Team",
    "TeamInvitation",
    "TeamMember",
    "TeamMerge",
    "TeamPhase",
    "Terms",
    "Topic",
    "TopicRead",
    "User",
    "WebhookEndpoint",
    "WorkerReport",
]
