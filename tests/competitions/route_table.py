"""Who gets what from every route: one row for each route and method, one column for each role.

A word of a row is a status, or `login`: sent to the log-in page. The rule behind the numbers: what a person may not see
is 404, as if it did not exist; what they see and may not do is 403 (401 for the API when nobody is logged in).
A question mark after a route begins a query. GET is 405 where a route only writes.
Checking a file is 503 for those who may ask: no worker is here to do it.
The operator's site has too many addresses for rows: `operators_status` says the rule for each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from competitions.status import MAIL_MODES
from tests.competitions.stage import ROLES, TOKEN

#      route                                   anonymous visitor contestant rival juror sponsor organiser operator
TABLE = """
GET    pages:competitions                      200       200     200        200   200   200     200       200
GET    pages:competition                       200       200     200        200   200   200     200       200
GET    pages:page                              200       200     200        200   200   200     200       200
GET    pages:deadlines                         200       200     200        200   200   200     200       200
GET    pages:rules                             200       200     200        200   200   200     200       200
POST   pages:rules                             login     302     302        302   302   302     302       302
GET    pages:join                              login     200     302        302   200   200     200       200
POST   pages:join                              login     302     302        302   302   302     302       302
GET    pages:data                              200       200     200        200   200   200     200       200
GET    pages:data_zip                          403       403     200        200   403   403     200       200
GET    pages:checksums                         200       200     200        200   200   200     200       200
GET    pages:data_file                         403       403     200        200   403   403     200       200
GET    pages:sample_submission                 403       403     200        200   403   403     200       200
GET    pages:starting_kit                      403       403     200        200   403   403     200       200
GET    pages:submit                            200       200     200        200   200   200     200       200
POST   pages:submit                            403       403     302        302   403   403     403       403
GET    pages:submit_sample                     405       405     405        405   405   405     405       405
POST   pages:submit_sample                     login     403     302        302   403   403     403       403
GET    pages:check                             405       405     405        405   405   405     405       405
POST   pages:check                             login     403     503        503   403   403     503       503
GET    pages:submissions                       login     200     200        200   200   200     200       200
GET    pages:submission                        login     404     200        404   404   404     200       200
GET    pages:submission_state                  login     404     200        404   404   404     200       200
GET    pages:submission_row                    login     404     200        404   404   404     200       200
GET    pages:submission_cancel                 405       405     405        405   405   405     405       405
POST   pages:submission_cancel                 login     404     302        404   404   404     404       404
GET    pages:submission_choose                 405       405     405        405   405   405     405       405
POST   pages:submission_choose                 login     404     302        404   404   404     404       404
GET    pages:submission_file                   login     404     200        404   404   404     200       200
GET    pages:submission_receipt                login     404     200        404   404   404     200       200
GET    pages:submission_problems               login     404     200        404   404   404     200       200
GET    pages:team                              login     200     200        200   200   200     200       200
GET    pages:team_rename                       405       405     405        405   405   405     405       405
POST   pages:team_rename                       login     404     302        302   404   404     404       404
GET    pages:team_leave                        405       405     405        405   405   405     405       405
POST   pages:team_leave                        login     404     302        302   404   404     404       404
GET    pages:team_remove                       405       405     405        405   405   405     405       405
POST   pages:team_remove                       login     404     302        404   404   404     404       404
GET    pages:team_captain                      405       405     405        405   405   405     405       405
POST   pages:team_captain                      login     404     302        404   404   404     404       404
GET    pages:team_invite                       405       405     405        405   405   405     405       405
POST   pages:team_invite                       login     404     302        302   404   404     404       404
GET    pages:team_invitation_revoke            405       405     405        405   405   405     405       405
POST   pages:team_invitation_revoke            login     404     302        404   404   404     404       404
GET    pages:team_propose                      login     404     302        302   404   404     404       404
POST   pages:team_propose                      login     404     302        302   404   404     404       404
GET    pages:team_merge                        login     404     200        200   404   404     404       404
POST   pages:team_merge                        login     404     302        302   404   404     404       404
GET    pages:team_invitation                   login     200     404        404   404   404     404       404
POST   pages:team_invitation                   login     302     404        404   404   404     404       404
GET    pages:team_link                         login     200     200        200   200   200     200       200
POST   pages:team_link                         login     302     302        400   302   302     302       302
GET    pages:leaderboard                       200       200     200        200   200   200     200       200
GET    pages:leaderboard?kind=private          404       404     404        404   404   404     200       200
GET    pages:leaderboard?kind=final            404       404     404        404   404   404     404       404
GET    pages:leaderboard_csv                   200       200     200        200   200   200     200       200
GET    pages:leaderboard_csv?kind=private      404       404     404        404   404   404     200       200
GET    pages:leaderboard_csv?kind=final        404       404     404        404   404   404     404       404
GET    pages:organiser                         login     404     404        404   404   404     200       200
GET    pages:organiser_csv                     login     404     404        404   404   404     200       200
GET    pages:program_log                       login     404     404        404   404   404     200       200
GET    pages:execution_log                     login     404     404        404   404   404     200       200
GET    pages:execution_runs                    login     404     404        404   404   404     200       200
GET    pages:audit                             login     404     404        404   404   404     200       200
GET    pages:audit_csv                         login     404     404        404   404   404     200       200
GET    pages:change_log                        200       200     200        200   200   200     200       200
GET    pages:change_desk                       login     404     404        404   404   404     200       200
GET    pages:version_scores                    login     404     404        404   404   404     200       200
GET    pages:change                            login     404     404        404   404   404     200       200
GET    pages:change_act                        405       405     405        405   405   405     405       405
POST   pages:change_act                        login     404     404        404   404   404     302       302
GET    pages:announcement                      200       200     200        200   200   200     200       200
GET    pages:announcement_desk                 login     404     404        404   404   404     200       200
POST   pages:announcement_desk                 login     404     404        404   404   404     302       302
GET    pages:announcement_draft                login     404     404        404   404   404     200       200
POST   pages:announcement_draft                login     404     404        404   404   404     302       302
GET    pages:announcement_send                 405       405     405        405   405   405     405       405
POST   pages:announcement_send                 login     404     404        404   404   404     302       302
GET    pages:announcement_discard              405       405     405        405   405   405     405       405
POST   pages:announcement_discard              login     404     404        404   404   404     302       302
GET    pages:webhooks                          login     404     404        404   404   404     200       200
POST   pages:webhooks                          login     404     404        404   404   404     200       200
GET    pages:webhook                           405       405     405        405   405   405     405       405
POST   pages:webhook                           login     404     404        404   404   404     302       302
GET    pages:topics                            200       200     200        200   200   200     200       200
GET    pages:topic_new                         login     200     200        200   200   200     200       200
POST   pages:topic_new                         login     400     302        302   400   400     302       302
GET    pages:topic                             200       200     200        200   200   200     200       200
POST   pages:topic                             login     400     302        302   400   400     302       302
GET    pages:topic_act                         405       405     405        405   405   405     405       405
POST   pages:topic_act                         login     404     404        404   404   404     302       302
GET    pages:post_edit                         login     404     200        404   404   404     404       404
POST   pages:post_edit                         login     404     302        404   404   404     404       404
GET    pages:post_act                          405       405     405        405   405   405     405       405
POST   pages:post_act                          login     302     302        302   302   302     302       302
GET    pages:moderation                        login     404     404        404   404   404     200       200
GET    pages:forum_switch                      405       405     405        405   405   405     405       405
POST   pages:forum_switch                      login     404     404        404   404   404     302       302
GET    pages:notices                           login     200     200        200   200   200     200       200
GET    pages:notices_read                      405       405     405        405   405   405     405       405
POST   pages:notices_read                      login     302     302        302   302   302     302       302
GET    pages:unsubscribe                       200       200     200        200   200   200     200       200
POST   pages:unsubscribe                       200       200     200        200   200   200     200       200
GET    pages:mail                              405       405     405        405   405   405     405       405
POST   pages:mail                              login     302     302        302   302   302     302       302
GET    pages:me                                login     200     200        200   200   200     200       200
POST   pages:me                                login     302     302        302   302   302     302       302
GET    pages:token_create                      405       405     405        405   405   405     405       405
POST   pages:token_create                      login     200     200        200   200   200     200       200
GET    pages:token_revoke                      405       405     405        405   405   405     405       405
POST   pages:token_revoke                      login     404     302        404   404   404     404       404
GET    pages:schema                            200       200     200        200   200   200     200       200
GET    pages:health                            200       200     200        200   200   200     200       200

GET    api:schema                              200       200     200        200   200   200     200       200
GET    api:me                                  401       200     200        200   200   200     200       200
GET    api:competitions                        200       200     200        200   200   200     200       200
GET    api:competition                         200       200     200        200   200   200     200       200
GET    api:join                                405       405     405        405   405   405     405       405
POST   api:join                                401       201     200        200   201   201     201       201
GET    api:changes                             200       200     200        200   200   200     200       200
GET    api:terms                               200       200     200        200   200   200     200       200
POST   api:terms                               401       200     200        200   200   200     200       200
GET    api:data                                200       200     200        200   200   200     200       200
GET    api:data_zip                            401       403     200        200   403   403     200       200
GET    api:data_checksums                      200       200     200        200   200   200     200       200
GET    api:data_file                           401       403     200        200   403   403     200       200
GET    api:contract                            200       200     200        200   200   200     200       200
GET    api:sample_submission                   401       403     200        200   403   403     200       200
GET    api:starting_kit                        401       403     200        200   403   403     200       200
GET    api:check                               405       405     405        405   405   405     405       405
POST   api:check                               401       403     503        503   403   403     503       503
GET    api:allowance                           401       403     200        200   403   403     403       403
GET    api:submissions                         401       403     200        200   403   403     403       403
POST   api:submissions                         401       403     201        201   403   403     403       403
PUT    api:submissions                         401       403     201        201   403   403     403       403
GET    api:submit_file                         405       405     405        405   405   405     405       405
PUT    api:submit_file                         401       403     201        201   403   403     403       403
GET    api:leaderboard                         200       200     200        200   200   200     200       200
GET    api:leaderboard?kind=private            404       404     404        404   404   404     200       200
GET    api:leaderboard?kind=final              404       404     404        404   404   404     404       404
GET    api:leaderboard_csv                     200       200     200        200   200   200     200       200
GET    api:leaderboard_csv?kind=private        404       404     404        404   404   404     200       200
GET    api:leaderboard_csv?kind=final          404       404     404        404   404   404     404       404
GET    api:announcements                       200       200     200        200   200   200     200       200
GET    api:audit                               401       403     403        403   403   403     200       200
GET    api:submission                          401       404     200        404   404   404     200       200
GET    api:submission_file                     401       404     200        404   404   404     200       200
GET    api:submission_receipt                  401       404     200        404   404   404     200       200
GET    api:submission_log                      401       404     404        404   404   404     404       404
GET    api:submission_cancel                   405       405     405        405   405   405     405       405
POST   api:submission_cancel                   401       404     200        404   404   404     403       403
GET    api:team                                401       403     200        200   403   403     403       403
PATCH  api:team                                401       403     200        200   403   403     403       403
GET    api:team_leave                          405       405     405        405   405   405     405       405
POST   api:team_leave                          401       403     204        409   403   403     403       403
GET    api:team_captain                        405       405     405        405   405   405     405       405
PUT    api:team_captain                        401       403     200        404   403   403     403       403
GET    api:team_member                         405       405     405        405   405   405     405       405
DELETE api:team_member                         401       403     200        404   403   403     403       403
GET    api:team_invitations                    405       405     405        405   405   405     405       405
POST   api:team_invitations                    401       403     201        201   403   403     403       403
GET    api:team_invitation_revoke              405       405     405        405   405   405     405       405
DELETE api:team_invitation_revoke              401       403     204        404   403   403     403       403
GET    api:team_merges?other=rival%20team      401       403     200        404   403   403     403       403
POST   api:team_merges                         401       403     201        404   403   403     403       403
GET    api:team_merges                         401       403     404        404   403   403     403       403
GET    api:invitation_link                     405       405     405        405   405   405     405       405
POST   api:invitation_link                     401       200     200        409   200   200     200       200
GET    api:invitations                         401       200     200        200   200   200     200       200
GET    api:invitation                          405       405     405        405   405   405     405       405
POST   api:invitation                          401       200     404        404   404   404     404       404
GET    api:team_merge                          405       405     405        405   405   405     405       405
POST   api:team_merge                          401       404     200        409   404   404     404       404
GET    api:choices                             401       403     200        200   403   403     403       403
GET    api:submission_choice                   405       405     405        405   405   405     405       405
PUT    api:submission_choice                   401       404     200        404   404   404     403       403
DELETE api:submission_choice                   401       404     200        404   404   404     403       403
GET    api:unknown                             404       404     404        404   404   404     404       404
POST   api:unknown                             404       404     404        404   404   404     404       404
PUT    api:unknown                             404       404     404        404   404   404     404       404
PATCH  api:unknown                             404       404     404        404   404   404     404       404
DELETE api:unknown                             404       404     404        404   404   404     404       404

GET    account_login                           200       302     302        302   302   302     302       302
GET    account_logout                          302       200     200        200   200   200     200       200
POST   account_logout                          302       302     302        302   302   302     302       302
GET    account_inactive                        200       200     200        200   200   200     200       200
GET    account_signup                          200       302     302        302   302   302     302       302
GET    account_reauthenticate                  login     200     200        200   200   200     200       200
GET    account_email                           login     200     200        200   200   200     200       200
POST   account_email                           login     302     302        302   302   302     302       302
GET    account_email_verification_sent         200       200     200        200   200   200     200       200
GET    account_change_password                 login     200     200        200   200   200     200       200
POST   account_change_password                 login     200     200        200   200   200     200       200
GET    account_set_password                    login     302     302        302   302   302     302       302
GET    account_reset_password                  200       200     200        200   200   200     200       200
GET    account_confirm_login_code              login     302     302        302   302   302     302       302
GET    account_confirm_email                   200       200     200        200   200   200     200       200
GET    account_reset_password_from_key_done    200       200     200        200   200   200     200       200
GET    account_reset_password_from_key         302       302     302        302   302   302     302       302
GET    account_reset_password_done             200       200     200        200   200   200     200       200
GET    mfa_index                               login     200     200        200   200   200     200       200
GET    mfa_authenticate                        login     302     302        302   302   302     302       302
GET    mfa_reauthenticate                      login     302     302        302   302   302     302       302
GET    mfa_activate_totp                       login     302     302        302   302   302     302       302
POST   mfa_activate_totp                       login     302     302        302   302   302     302       302
GET    mfa_deactivate_totp                     login     404     404        404   404   404     404       404
POST   mfa_deactivate_totp                     login     404     404        404   404   404     404       404
GET    mfa_view_recovery_codes                 login     404     404        404   404   404     404       404
GET    mfa_generate_recovery_codes             login     302     302        302   302   302     302       302
POST   mfa_generate_recovery_codes             login     302     302        302   302   302     302       302
GET    mfa_download_recovery_codes             login     404     404        404   404   404     404       404
GET    usersessions_list                       login     200     200        200   200   200     200       200
POST   usersessions_list                       login     302     302        302   302   302     302       302
GET    set_language                            302       302     302        302   302   302     302       302
POST   set_language                            302       302     302        302   302   302     302       302

GET    admin:login                             login     403     403        403   403   403     403       302
GET    admin:logout                            302       302     302        302   302   302     302       405
"""


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    route: str
    query: str
    expected: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.route}{self.query}"


def rows() -> list[Row]:
    return list(_rows())


def _rows() -> Iterator[Row]:
    for line in TABLE.splitlines():
        if not line:
            continue
        method, address, *statuses = line.split()
        route, mark, query = address.partition("?")
        yield Row(method, route, mark + query, dict(zip(ROLES, statuses, strict=True)))


ANNOUNCEMENT = {"title_en": "A", "title_ja": "あ", "text_en": "B", "text_ja": "い", "audience": "contestants"}
# What a well-meant request sends; a route that is not here gets an empty form.
FORMS: dict[str, dict[str, Any]] = {
    "pages:rules": {"version": "1", "accept": "on"},
    "pages:join": {"team_name": "Newcomers", "accept": "on"},
    "pages:submit": {"key": "k1", "note": ""},
    "pages:announcement_desk": ANNOUNCEMENT,
    "pages:announcement_draft": ANNOUNCEMENT,
    "pages:announcement_send": {"reach": "3"},
    "pages:webhooks": {"url": "https://example.org/hook", "events": ["team.joined"]},
    "pages:webhook": {"act": "test"},
    "pages:topic_new": {"title": "A question", "text": "Why?"},
    "pages:topic": {"text": "Because."},
    "pages:topic_act": {"act": "pin"},
    "pages:post_edit": {"text": "Why so?"},
    "pages:post_act": {"act": "report", "reason": "rude"},
    "pages:forum_switch": {"is_on": "0"},
    "pages:notices_read": {"up_to": "1"},
    "pages:mail": {kind.value: modes[0].value for kind, modes in MAIL_MODES.items()},
    "pages:me": {"language": "ja", "time_zone": "Asia/Tokyo"},
    "pages:token_create": {"name": "new"},
    "pages:team_rename": {"name": "Others"},
    "pages:team_leave": {"sure": "on"},
    "pages:team_remove": {"sure": "on"},
    "pages:team_invite": {"who": "bystander"},
    "pages:team_propose": {"other": "rival team"},
    "pages:team_merge": {"answer": "decline"},
    "pages:team_invitation": {"answer": "accept", "version": "1", "accept": "on"},
    "pages:team_link": {"answer": "accept", "version": "1", "accept": "on"},
    "api:team": {"name": "Others"},
    "api:team_captain": {"user": "mate"},
    "api:team_invitations": {"email": "other@example.org"},
    "api:team_merges": {"other": "rival team"},
    "api:invitation": {"answer": "accept", "accept_terms": "1"},
    "api:invitation_link": {"answer": "accept", "accept_terms": "1", "token": TOKEN},
    "api:team_merge": {"decision": "withdraw"},
    "api:join": {"team_name": "Newcomers", "accept_terms": "1"},
    "api:terms": {"version": "1"},
    "set_language": {"language": "ja"},
}
PREDICTION = b"id,y\na,9\n"


def body(row: Row) -> dict[str, Any]:
    """Keyword arguments of a client's request."""
    if row.method == "PUT" and row.route not in FORMS:
        name = {"x-file-name": "prediction.csv"}
        return {"data": PREDICTION, "content_type": "application/octet-stream", "headers": name}
    form = FORMS.get(row.route, {})
    if row.route in {"pages:submit", "pages:check", "api:submissions", "api:check"}:
        return {"data": {**form, "file": SimpleUploadedFile("prediction.csv", PREDICTION)}}
    if row.route.startswith("api:") and form and row.method != "GET":
        return {"data": form, "content_type": "application/json"}
    return {"data": form} if row.method == "POST" else {}


# -- the operator's site ----------------------------------------------------------------------------------------------

# Records that only services change: an operator reads them.
READ = {"competition", "team", "submission", "evaluation", "board", "workerreport", "auditevent", "outboxitem"}
EDITED = {"group", "user", "site", "emailaddress", "authenticator", "usersession"}
WITHOUT_MODEL = {
    "admin:index": "200",
    "admin:password_change": "200",
    "admin:password_change_done": "200",
    "admin:autocomplete": "403",
    "admin:jsi18n": "200",
    "admin:view_on_site": "404",
    "admin:app_list": "200",
    "admin:auth_user_password_change": "200",
    "operator/(?P<url>.*)$": "404",
}
ACTIONS = {"changelist": "200", "history": "200", "change": "200", "add": "403", "delete": "403"}


def is_operators(pattern: str) -> bool:
    return pattern.startswith("operator/")


def operators_status(route: str) -> str:
    """What the operator gets from GET. KeyError: nobody has thought about this route yet."""
    if route in WITHOUT_MODEL:
        return WITHOUT_MODEL[route]
    if route.endswith("/<path:object_id>/"):
        return "302"  # the old form of an address, to the new one
    model, action = route.removeprefix("admin:").split("_")[1:]
    if model not in READ | EDITED:
        raise KeyError(f"is the model '{model}' read or edited by operators? say so in this table")
    return ACTIONS[action] if model in READ else "200"
