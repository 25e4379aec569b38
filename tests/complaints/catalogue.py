"""What people complain about on other platforms, loudest first, and the tests that show that it cannot happen here.

A test is named as pytest names it, from the folder of the tests. Those of one complaint together cover its parts.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Complaint:
    number: int
    words: str
    tests: tuple[str, ...]


COMPLAINTS: Final = (
    Complaint(
        1,
        "stuck in 'submitted' or 'running', with no reason and no estimate",
        (
            "faults/test_kill_minus_nine.py::test_a_hundred_uploads_survive_kill_minus_nine",
            "faults/test_killed_programs.py::"
            "test_a_killed_worker_leaves_no_orphan_and_the_program_is_run_again_once_and_scored",
            "competitions/pages/test_submission_pages.py::test_a_waiting_submission_is_watched_and_can_be_cancelled",
            "competitions/pages/test_submission_pages.py::test_who_waits_is_told_how_long_it_usually_takes",
        ),
    ),
    Complaint(
        2,
        "failed, cancelled and platform-fault runs eat the quota; or failing is free without end",
        (
            "competitions/services/test_submissions.py::test_a_fault_of_ours_costs_no_quota",
            "competitions/services/test_submissions.py::test_what_is_cancelled_before_scoring_costs_no_quota",
            "competitions/services/test_submissions.py::"
            "test_a_refused_file_costs_no_quota_but_one_of_the_refusals_of_the_day",
            "competitions/test_status.py::test_whoever_fails_for_free_is_limited_by_day",
            "competitions/pages/test_program_pages.py::"
            "test_what_stopping_costs_is_said_beside_the_button_and_is_what_happens",
        ),
    ),
    Complaint(
        3,
        "limits are invisible or wrong",
        (
            "competitions/pages/test_words.py::test_the_quota_says_what_is_used_when_it_resets_and_what_does_not_count",
            "competitions/test_quota.py::test_the_day_ends_at_midnight_in_the_contests_zone",
            "competitions/api/test_submissions.py::test_a_used_up_quota_says_when_the_day_starts_anew",
        ),
    ),
    Complaint(
        4,
        "400, 403 and 404 say nothing",
        (
            "competitions/api/test_file_checks.py::test_who_has_not_joined_is_told_how",
            "competitions/api/test_authentication.py::test_a_mistyped_contest_is_answered_with_the_nearest_that_one_may_see",
        ),
    ),
    Complaint(
        5,
        "large downloads cannot be resumed",
        (
            "journeys/test_downloads.py::test_curl_goes_on_where_it_was_cut_off",
            "journeys/test_downloads.py::test_wget_goes_on_where_it_was_cut_off",
            "journeys/test_downloads.py::test_the_whole_set_is_one_zip_that_resumes_too",
        ),
    ),
    Complaint(
        6,
        "a large upload freezes the page",
        ("journeys/test_large_uploads.py::test_a_page_that_sends_a_large_file_goes_on_working",),
    ),
    Complaint(
        7,
        "choosing a file submits it",
        ("journeys/test_large_uploads.py::test_a_file_that_was_chosen_is_not_sent_before_the_button_is_pressed",),
    ),
    Complaint(
        8,
        "errors in an organiser's bundle are cryptic",
        (
            "competitions/bundles/test_mistakes.py::"
            "test_one_mistake_is_told_once_with_its_line_and_what_would_be_right",
            "competitions/bundles/test_mistakes.py::test_all_mistakes_of_all_kinds_are_told_at_once",
        ),
    ),
    Complaint(
        9,
        "destructive buttons stand beside others",
        (
            "competitions/pages/test_team_pages.py::test_who_leaves_confirms_it_and_the_last_one_is_told_why_not",
            "complaints/test_complaints.py::test_no_page_can_delete_or_run_again_all_submissions_at_once",
        ),
    ),
    Complaint(
        10,
        "the CSV file has no scores",
        (
            "competitions/api/test_leaderboards.py::"
            "test_a_board_as_csv_has_all_metrics_and_runs_nothing_in_a_spreadsheet",
        ),
    ),
    Complaint(
        11,
        "ties are not explained",
        (
            "competitions/services/test_board_options.py::"
            "test_scores_within_the_tolerance_are_tied_and_the_earlier_wins",
            "competitions/pages/test_intervals.py::test_the_board_says_its_rules",
        ),
    ),
    Complaint(
        12,
        "which submission counts, and is it 00:01 or 23:59?",
        (
            "competitions/services/test_final_choices.py::"
            "test_a_team_that_chooses_nothing_is_ranked_by_its_best_public_score",
            "competitions/pages/test_words.py::test_an_instant_is_absolute_with_its_zone",
            "competitions/services/test_submissions.py::"
            "test_an_upload_that_began_at_the_deadline_and_ended_within_the_grace_is_in_time",
        ),
    ),
    Complaint(
        13,
        "rules, metric or data change in the middle of the contest",
        (
            "competitions/bundles/test_import.py::test_rules_that_somebody_accepted_cannot_change_under_their_version",
            "competitions/bundles/test_import.py::test_published_data_cannot_change_under_their_version",
            "competitions/bundles/test_changing.py::test_an_import_changes_nothing_that_decides_a_launched_contest",
            "competitions/bundles/test_changing.py::test_nobody_approves_what_they_proposed",
            "competitions/bundles/test_changing.py::"
            "test_an_approved_truth_switches_all_boards_at_once_and_everybody_is_told",
        ),
    ),
    Complaint(
        14,
        "a mail to a few went to everybody",
        (
            "competitions/services/test_announcements.py::test_a_mail_to_a_group_reaches_exactly_that_group",
            "competitions/services/test_announcements.py::test_the_page_says_how_many_it_will_reach_before_it_is_sent",
        ),
    ),
    Complaint(
        15,
        "the leaderboard cannot be used with a screen reader",
        ("journeys/test_accessibility.py::test_no_page_has_a_serious_barrier",),
    ),
    Complaint(
        16,
        "the same personal data typed twice for two divisions, and passed on to third parties",
        (
            "competitions/pages/test_participation_pages.py::test_two_divisions_ask_the_same_person_once",
            "competitions/pages/test_participation_pages.py::"
            "test_one_form_asks_everything_and_ticks_no_consent_by_itself",
            "competitions/pages/test_dashboard_pages.py::test_sponsors_learn_the_names_of_those_who_agreed_only",
        ),
    ),
    Complaint(
        17,
        "what becomes of a submission that was taken back?",
        (
            "complaints/test_complaints.py::test_what_a_team_takes_back_gives_the_quota_back_and_stays_in_sight",
            "complaints/test_complaints.py::test_no_page_can_delete_or_run_again_all_submissions_at_once",
        ),
    ),
)
