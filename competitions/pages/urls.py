"""Addresses of the pages."""

from django.urls import path

from competitions.pages import (
    checking,
    competitions,
    data,
    leaderboards,
    organiser,
    people,
    site,
    submissions,
    submitting,
    teams,
)

app_name = "pages"
contest = "competitions/<slug:slug>/"
one_submission = f"{contest}submissions/<int:number>/"

urlpatterns = [
    path("", competitions.competition_list, name="competitions"),
    path(contest, competitions.overview, name="competition"),
    path(f"{contest}pages/<slug:key>/", competitions.organisers_page, name="page"),
    path(f"{contest}deadlines.ics", competitions.deadlines, name="deadlines"),
    path(f"{contest}rules/", competitions.rules, name="rules"),
    path(f"{contest}join/", competitions.join, name="join"),
    path(f"{contest}data/", data.data, name="data"),
    path(f"{contest}data/<str:version>/all.zip", data.data_zip, name="data_zip"),
    path(f"{contest}data/<str:version>/SHA256SUMS", data.checksums, name="checksums"),
    path(f"{contest}data/<str:version>/files/<path:name>", data.data_file, name="data_file"),
    path(f"{contest}tasks/<slug:task>/sample-submission", data.sample_submission, name="sample_submission"),
    path(f"{contest}tasks/<slug:task>/starting-kit", data.starting_kit, name="starting_kit"),
    path(f"{contest}submit/", submitting.submit, name="submit"),
    path(f"{contest}submit/sample/", submitting.submit_sample, name="submit_sample"),
    path(f"{contest}submit/check/", checking.check, name="check"),
    path(f"{contest}submissions/", submissions.submission_list, name="submissions"),
    path(one_submission, submissions.submission, name="submission"),
    path(f"{one_submission}state/", submissions.submission_state, name="submission_state"),
    path(f"{one_submission}row/", submissions.submission_row, name="submission_row"),
    path(f"{one_submission}cancel/", submissions.submission_cancel, name="submission_cancel"),
    path(f"{one_submission}choose/", submissions.submission_choose, name="submission_choose"),
    path(f"{one_submission}file", submissions.submission_file, name="submission_file"),
    path(f"{one_submission}receipt.json", submissions.submission_receipt, name="submission_receipt"),
    path(f"{one_submission}problems.txt", submissions.submission_problems, name="submission_problems"),
    path(f"{contest}team/", teams.team, name="team"),
    path(f"{contest}team/rename/", teams.team_rename, name="team_rename"),
    path(f"{contest}team/leave/", teams.team_leave, name="team_leave"),
    path(f"{contest}team/members/<int:number>/remove/", teams.team_remove, name="team_remove"),
    path(f"{contest}team/members/<int:number>/captain/", teams.team_captain, name="team_captain"),
    path(f"{contest}team/invite/", teams.team_invite, name="team_invite"),
    path(
        f"{contest}team/invitations/<int:number>/revoke/", teams.team_invitation_revoke, name="team_invitation_revoke"
    ),
    path(f"{contest}team/merge/", teams.team_propose, name="team_propose"),
    path(f"{contest}team/merges/<int:number>/", teams.team_merge, name="team_merge"),
    path(f"{contest}invitations/<int:number>/", teams.team_invitation, name="team_invitation"),
    path(f"{contest}invitations/link/<str:token>/", teams.team_link, name="team_link"),
    path(f"{contest}leaderboard/", leaderboards.leaderboard, name="leaderboard"),
    path(f"{contest}leaderboard.csv", leaderboards.leaderboard_csv, name="leaderboard_csv"),
    path(f"{contest}organiser/", organiser.organiser, name="organiser"),
    path(f"{contest}organiser/submissions.csv", organiser.organiser_csv, name="organiser_csv"),
    path(f"{contest}organiser/logs/<int:number>/", organiser.program_log, name="program_log"),
    path("me/", people.me, name="me"),
    path("me/tokens/", people.token_create, name="token_create"),
    path("me/tokens/<int:number>/revoke/", people.token_revoke, name="token_revoke"),
    path("schemas/tidemark-1.json", site.schema, name="schema"),
    path("healthz", site.health, name="health"),
]
