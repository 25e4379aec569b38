"""Records, one file a noun."""

from competitions.models.announcements import Announcement, Notice
from competitions.models.archives import ResultsArchive
from competitions.models.audit import AuditEvent, AuditHead
from competitions.models.awards import Award, WinnerAudit
from competitions.models.certificates import Certificate
from competitions.models.changes import ChangeEvent, ChangeRequest
from competitions.models.competitions import Competition, Division, Membership, Page, Phase, ScoringVersion, Task, Terms
from competitions.models.data import Blob, DataFile, DataRelease
from competitions.models.discussion import Post, PostReport, PostVersion, Topic, TopicRead
from competitions.models.dry_runs import DryRun, HiddenFile, Probe
from competitions.models.evaluations import Evaluation, EvaluationEvent, Score, WorkerReport
from competitions.models.executions import Execution, ExecutionEvent, RunRecord, Runtime
from competitions.models.file_checks import FileCheck
from competitions.models.final_choices import FinalChoice, FinalRecord
from competitions.models.jury import (
    Entry,
    EntryDocument,
    EntryVersion,
    JuryChair,
    JuryDeclaration,
    JuryRelease,
    JuryResult,
    Sheet,
)
from competitions.models.leaderboards import Board, Standing
from competitions.models.outbox import MailSwitch, OutboxItem, Round
from competitions.models.participation import Consent, DataAcceptance, DataTerms, Registration
from competitions.models.people import ApiToken, User
from competitions.models.promotions import Promotion, PromotionRule
from competitions.models.roles import RoleInvitation
from competitions.models.sponsors import FirstDownload, GroupReport, Sponsor
from competitions.models.submissions import Submission
from competitions.models.teams import Acceptance, Team, TeamInvitation, TeamMember, TeamMerge, TeamPhase
from competitions.models.webhooks import WebhookEndpoint
from competitions.models.winners import HandIn, HandInFile, Rerun, WinnerDecision, WinnerEntry
from competitions.models.workspaces import FileTree, Host, Revision, RevisionApply, Workspace

__all__ = [
    "Acceptance",
    "Announcement",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "Award",
    "Blob",
    "Board",
    "Certificate",
    "ChangeEvent",
    "ChangeRequest",
    "Competition",
    "Consent",
    "DataAcceptance",
    "DataFile",
    "DataRelease",
    "DataTerms",
    "Division",
    "DryRun",
    "Entry",
    "EntryDocument",
    "EntryVersion",
    "Evaluation",
    "EvaluationEvent",
    "Execution",
    "ExecutionEvent",
    "FileCheck",
    "FileTree",
    "FinalChoice",
    "FinalRecord",
    "FirstDownload",
    "GroupReport",
    "HandIn",
    "HandInFile",
    "HiddenFile",
    "Host",
    "JuryChair",
    "JuryDeclaration",
    "JuryRelease",
    "JuryResult",
    "MailSwitch",
    "Membership",
    "Notice",
    "OutboxItem",
    "Page",
    "Phase",
    "Post",
    "PostReport",
    "PostVersion",
    "Probe",
    "Promotion",
    "PromotionRule",
    "Registration",
    "Rerun",
    "ResultsArchive",
    "Revision",
    "RevisionApply",
    "RoleInvitation",
    "Round",
    "RunRecord",
    "Runtime",
    "Score",
    "ScoringVersion",
    "Sheet",
    "Sponsor",
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
    "WinnerAudit",
    "WinnerDecision",
    "WinnerEntry",
    "WorkerReport",
    "Workspace",
]
