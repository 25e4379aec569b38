"""/api/v1/. Addresses end in a slash, files do not."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from competitions.api import (
    announcements,
    audit,
    changes,
    competitions,
    data,
    file_checks,
    final_choices,
    leaderboards,
    people,
    submissions,
    teams,
)
from competitions.api.views import Unknown

app_name = "api"
CONTEST = "competitions/<slug:slug>/"
TASK = CONTEST + "tasks/<slug:key>/"
SUBMISSION = "submissions/<int:number>/"
RELEASE = CONTEST + "data/<str:version>"

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("me/", people.Me.as_view(), name="me"),
    path("competitions/", competitions.CompetitionList.as_view(), name="competitions"),
    path(CONTEST, competitions.CompetitionDetail.as_view(), name="competition"),
    path(CONTEST + "join/", competitions.Join.as_view(), name="join"),
    path(CONTEST + "changes/", changes.Changes.as_view(), name="changes"),
    path(CONTEST + "terms/", competitions.TermsView.as_view(), name="terms"),
    path(CONTEST + "data/", data.Data.as_view(), name="data"),
    path(RELEASE + ".zip", data.DataZip.as_view(), name="data_zip"),
    path(RELEASE + "/SHA256SUMS", data.DataChecksums.as_view(), name="data_checksums"),
    path(RELEASE + "/<path:name>", data.DataFileDownload.as_view(), name="data_file"),
    path(TASK + "contract/", data.Contract.as_view(), name="contract"),
    path(TASK + "sample_submission/", data.SampleSubmission.as_view(), name="sample_submission"),
    path(TASK + "starting_kit/", data.StartingKit.as_view(), name="starting_kit"),
    path(TASK + "check/", file_checks.FileCheck.as_view(), name="check"),
    path(CONTEST + "allowance/", submissions.Allowance.as_view(), name="allowance"),
    path(CONTEST + "submissions/", submissions.Submissions.as_view(), name="submissions"),
    path(CONTEST + "submissions/<str:name>", submissions.SubmitFile.as_view(), name="submit_file"),
    path(CONTEST + "choices/", final_choices.Selections.as_view(), name="choices"),
    path(CONTEST + "team/", teams.TeamView.as_view(), name="team"),
    path(CONTEST + "team/leave/", teams.TeamLeave.as_view(), name="team_leave"),
    path(CONTEST + "team/captain/", teams.TeamCaptain.as_view(), name="team_captain"),
    path(CONTEST + "team/members/<str:username>/", teams.TeamMemberView.as_view(), name="team_member"),
    path(CONTEST + "team/invitations/", teams.TeamInvitations.as_view(), name="team_invitations"),
    path(CONTEST + "team/invitations/<int:number>/", teams.TeamInvitationView.as_view(), name="team_invitation_revoke"),
    path(CONTEST + "team/merges/", teams.TeamMerges.as_view(), name="team_merges"),
    path(CONTEST + "invitations/link/", teams.LinkAnswer.as_view(), name="invitation_link"),
    path("invitations/", teams.Invitations.as_view(), name="invitations"),
    path("invitations/<int:number>/", teams.InvitationAnswer.as_view(), name="invitation"),
    path("merges/<int:number>/", teams.TeamMergeAnswer.as_view(), name="team_merge"),
    path(CONTEST + "leaderboard/", leaderboards.Leaderboard.as_view(), name="leaderboard"),
    path(CONTEST + "leaderboard.csv", leaderboards.LeaderboardCsv.as_view(), name="leaderboard_csv"),
    path(CONTEST + "announcements/", announcements.Announcements.as_view(), name="announcements"),
    path(CONTEST + "audit/", audit.AuditLog.as_view(), name="audit"),
    path(SUBMISSION, submissions.SubmissionDetail.as_view(), name="submission"),
    path(SUBMISSION + "file/", submissions.SubmissionFile.as_view(), name="submission_file"),
    path(SUBMISSION + "receipt/", submissions.SubmissionReceipt.as_view(), name="submission_receipt"),
    path(SUBMISSION + "log/", submissions.SubmissionLog.as_view(), name="submission_log"),
    path(SUBMISSION + "choice/", final_choices.SubmissionChoice.as_view(), name="submission_choice"),
    path(SUBMISSION + "cancel/", submissions.SubmissionCancel.as_view(), name="submission_cancel"),
    re_path(r"^.*$", Unknown.as_view(), name="unknown"),
]
