"""Who gets what from every route: one row for each route and method, one column for each role.

A word of a row is a status, or `login`: sent to the log-in page. The rule behind the numbers: what a person may not see
is 404, as if it did not exist; what they see and may not do is 403 (401 for the API when nobody is logged in).
A question mark after a route begins a query. GET is 405 where a route only writes.
Checking a file is 503 for those who may ask: no worker is here to do it.
The operator's site has too many addresses for rows: `operators_status` says the rule for each of them.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from competitions.status import MAIL_MODES
from competitions.winner_rules import STAGES
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
POST   pages:join                              login     302     302        302   400   302     302       302
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
POST   pages:team_link                         login     302     302        400   400   302     302       302
GET    pages:leaderboard                       200       200     200        200   200   200     200       200
GET    pages:leaderboard?kind=private          404       404     404        404   404   404     200       200
GET    pages:leaderboard?kind=final            404       404     404        404   404   404     404       404
GET    pages:leaderboard_csv                   200       200     200        200   200   200     200       200
GET    pages:leaderboard_csv?kind=private      404       404     404        404   404   404     200       200
GET    pages:leaderboard_csv?kind=final        404       404     404        404   404   404     404       404
GET    pages:awards                            200       200     200        200   200   200     200       200
GET    pages:hand_in                           login     404     200        404   404   404     404       404
POST   pages:hand_in                           login     404     302        404   404   404     404       404
GET    pages:hand_in_receipt                   login     404     200        404   404   404     200       200
GET    pages:hand_in_file                      login     404     200        404   404   404     200       200
GET    pages:hand_in_decline                   405       405     405        405   405   405     405       405
POST   pages:hand_in_decline                   login     404     302        404   404   404     404       404
GET    pages:winners                           login     404     404        404   404   404     200       200
GET    pages:winners_open                      405       405     405        405   405   405     405       405
POST   pages:winners_open                      login     404     404        404   404   404     302       302
GET    pages:winners_publish                   405       405     405        405   405   405     405       405
POST   pages:winners_publish                   login     404     404        404   404   404     302       302
GET    pages:winner                            login     404     404        404   404   404     200       200
GET    pages:winner_run                        405       405     405        405   405   405     405       405
POST   pages:winner_run                        login     404     404        404   404   404     302       302
GET    pages:winner_decide                     405       405     405        405   405   405     405       405
POST   pages:winner_decide                     login     404     404        404   404   404     302       302
GET    pages:winner_extend                     405       405     405        405   405   405     405       405
POST   pages:winner_extend                     login     404     404        404   404   404     302       302
GET    pages:certificate                       login     404     404        404   404   404     404       404
POST   pages:certificate                       login     404     404        404   404   404     404       404
GET    pages:certificate_pdf                   login     404     404        404   404   404     404       404
GET    pages:certificate_check                 200       200     200        200   200   200     200       200
GET    pages:certificate_list                  login     404     404        404   404   404     200       200
GET    pages:certificate_revoke                405       405     405        405   405   405     405       405
POST   pages:certificate_revoke                login     404     404        404   404   404     302       302
GET    pages:results_archive                   404       404     404        404   404   404     200       200
GET    pages:archive_publish                   405       405     405        405   405   405     405       405
POST   pages:archive_publish                   login     404     404        404   404   404     302       302
GET    pages:promotion                         200       200     200        200   200   200     200       200
POST   pages:promotion                         login     404     404        404   404   404     409       409
GET    pages:results                           404       404     404        404   404   404     200       200
GET    pages:sponsors                          200       200     200        200   200   200     200       200
GET    pages:sponsor_logo                      200       200     200        200   200   200     200       200
GET    pages:dashboard                         login     404     404        404   404   200     200       200
GET    pages:dashboard_report                  login     404     404        404   404   200     200       200
GET    pages:dashboard_csv                     login     404     404        404   404   200     200       200
GET    pages:dashboard_png                     login     404     404        404   404   200     200       200
GET    pages:organiser                         login     404     404        404   404   404     200       200
GET    pages:dry_run                           login     404     404        404     404   404     200       200
GET    pages:dry_run_state                     login     404     404        404     404   404     200       200
GET    pages:dry_run_start                     405       405     405        405     405   405     405       405
POST   pages:dry_run_start                     login     404     404        404     404   404     302       302
GET    pages:launch                            405       405     405        405     405   405     405       405
POST   pages:launch                            login     404     404        404     404   404     302       302
GET    pages:organiser_csv                     login     404     404        404   404   404     200       200
GET    pages:program_log                       login     404     404        404   404   404     200       200
GET    pages:execution_log                     login     404     404        404   404   404     200       200
GET    pages:execution_runs                    login     404     404        404   404   404     200       200
GET    pages:audit                             login     404     404        404   404   404     200       200
GET    pages:audit_csv                         login     404     404        404   404   404     200       200
GET    pages:data_terms                        200       200     200        200   200   200     200       200
POST   pages:data_terms                        login     302     302        302   302   302     302       302
GET    pages:leave                             login     404     200        200   404   404     404       404
POST   pages:leave                             login     404     302        302   404   404     404       404
GET    pages:people                            login     404     404        404   404   404     200       200
POST   pages:people                            login     404     404        404   404   404     302       302
GET    pages:people_role                       405       405     405        405   405   405     405       405
POST   pages:people_role                       login     404     404        404   404   404     302       302
GET    pages:people_invitation                 405       405     405        405   405   405     405       405
POST   pages:people_invitation                 login     404     404        404   404   404     302       302
GET    pages:registration                      405       405     405        405   405   405     405       405
POST   pages:registration                      login     404     404        404   404   404     302       302
GET    pages:registrations                     login     404     404        404   404   404     200       200
GET    pages:role_invitation                   404       404     404        404   404   404     404       404
GET    pages:role_invitation?token=a-link-to-a-role 302       302     302        302   302   302     302       302
POST   pages:role_invitation                   404       404     404        404   404   404     404       404
GET    pages:consent                           405       405     405        405   405   405     405       405
POST   pages:consent                           login     404     302        302   404   404     404       404
GET    pages:contest_new                       login     404     404        404   404   404     404       200
POST   pages:contest_new                       login     404     404        404   404   404     404       302
GET    pages:workspace                         login     404     404        404   404   404     200       200
GET    pages:workspace_step                    login     404     404        404   404   404     200       200
POST   pages:workspace_step                    login     404     404        404   404   404     302       302
GET    pages:workspace_yaml                    login     404     404        404   404   404     200       200
POST   pages:workspace_yaml                    login     404     404        404   404   404     302       302
GET    pages:workspace_diff                    login     404     404        404   404   404     200       200
GET    pages:workspace_files                   login     404     404        404   404   404     200       200
POST   pages:workspace_files                   login     404     404        404   404   404     302       302
GET    pages:workspace_files_remove            405       405     405        405   405   405     405       405
POST   pages:workspace_files_remove            login     404     404        404   404   404     302       302
GET    pages:workspace_file                    login     404     404        404   404   404     200       200
GET    pages:workspace_export                  login     404     404        404   404   404     200       200
POST   pages:workspace_export                  login     404     404        404   404   404     200       200
GET    pages:workspace_import                  405       405     405        405   405   405     405       405
POST   pages:workspace_import                  login     404     404        404   404   404     302       302
GET    pages:workspace_apply                   405       405     405        405   405   405     405       405
POST   pages:workspace_apply                   login     404     404        404   404   404     302       302
GET    pages:workspace_state                   login     404     404        404   404   404     200       200
GET    pages:workspace_restore                 405       405     405        405   405   405     405       405
POST   pages:workspace_restore                 login     404     404        404   404   404     302       302
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
GET    pages:divisions                         200       200     200        200   200   200     200       200
GET    pages:entry                             login     200     200        200   200   200     200       200
POST   pages:entry                             login     403     409        409   403   403     403       403
GET    pages:entry_receipt                     login     404     200        404   404   404     200       200
GET    pages:entry_document                    login     404     200        404   404   404     200       200
GET    pages:jury_results                      404       404     404        404   404   404     404       404
GET    pages:jury_desk                         login     404     404        404   200   404     200       200
GET    pages:jury_declare                      405       405     405        405   405   405     405       405
POST   pages:jury_declare                      login     404     404        404   302   404     400       400
GET    pages:jury_sign                         405       405     405        405   405   405     405       405
POST   pages:jury_sign                         login     404     404        404   400   404     400       400
GET    pages:jury_sheet                        login     404     404        404   200   404     404       404
POST   pages:jury_sheet                        login     404     404        404   302   404     404       404
GET    pages:jury_conflict                     405       405     405        405   405   405     405       405
POST   pages:jury_conflict                     login     404     404        404   302   404     404       404
GET    pages:jury_document                     login     404     404        404   200   404     404       404
GET    pages:jury_document_view                login     404     404        404   200   404     404       404
GET    pages:jury_chair                        login     404     404        404   404   404     200       200
POST   pages:jury_chair                        login     404     404        404   404   404     302       302
GET    pages:jury_csv                          login     404     404        404   404   404     200       200
GET    pages:jury_totals_csv                   login     404     404        404   404   404     200       200
GET    pages:jury_pdf                          login     404     404        404   404   404     200       200
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
POST   api:join                                401       201     200        200   409   201     201       201
GET    api:changes                             200       200     200        200   200   200     200       200
GET    api:terms                               200       200     200        200   200   200     200       200
POST   api:terms                               401       200     200        200   200   200     200       200
GET    api:data_terms                          200       200     200        200   200   200     200       200
POST   api:data_terms                          401       200     200        200   200   200     200       200
GET    api:participation                       200       200     200        200   200   200     200       200
PATCH  api:participation                       401       403     200        200   403   403     403       403
DELETE api:participation                       401       403     204        204   403   403     403       403
GET    api:registrations                       401       403     403        403   403   403     200       200
GET    api:registration                        405       405     405        405   405   405     405       405
POST   api:registration                        401       403     403        403   403   403     200       200
GET    api:people                              401       403     403        403   403   403     200       200
POST   api:people                              401       403     403        403   403   403     201       201
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
GET    api:results                             404       404     404        404   404   404     200       200
GET    api:leaderboard                         200       200     200        200   200   200     200       200
GET    api:leaderboard?kind=private            404       404     404        404   404   404     200       200
GET    api:leaderboard?kind=final              404       404     404        404   404   404     404       404
GET    api:leaderboard_csv                     200       200     200        200   200   200     200       200
GET    api:leaderboard_csv?kind=private        404       404     404        404   404   404     200       200
GET    api:leaderboard_csv?kind=final          404       404     404        404   404   404     404       404
GET    api:announcements                       200       200     200        200   200   200     200       200
GET    api:divisions                           200       200     200        200   200   200     200       200
GET    api:entry                               401       403     200        200   403   403     403       403
POST   api:entry                               401       403     409        409   403   403     403       403
GET    api:jury_results                        404       404     404        404   404   404     404       404
GET    api:sheets                              401       404     404        404   200   404     200       200
GET    api:sheet                               401       404     404        404   200   404     404       404
PUT    api:sheet                               401       404     404        404   200   404     404       404
GET    api:awards                              200       200     200        200   200   200     200       200
GET    api:winners                             401       403     403        403   403   403     200       200
GET    api:hand_ins                            401       403     200        200   403   403     403       403
GET    api:dry_run                             401       403     403        403     403   403     200       200
POST   api:dry_run                             401       403     403        403     403   403     202       202
GET    api:launch                              405       405     405        405     405   405     405       405
POST   api:launch                              401       403     403        403     403   403     409       409
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
POST   api:team_merges                         401       403     409        404   403   403     403       403
GET    api:team_merges                         401       403     404        404   403   403     403       403
GET    api:invitation_link                     405       405     405        405   405   405     405       405
POST   api:invitation_link                     401       200     200        409   409   200     200       200
GET    api:invitations                         401       200     200        200   200   200     200       200
GET    api:invitation                          405       405     405        405   405   405     405       405
POST   api:invitation                          401       200     404        404   404   404     404       404
GET    api:team_merge                          405       405     405        405   405   405     405       405
POST   api:team_merge                          401       404     200        409   404   404     404       404
GET    api:choices                             401       403     200        200   403   403     403       403
GET    api:submission_choice                   405       405     405        405   405   405     405       405
PUT    api:submission_choice                   401       404     200        404   404   404     403       403
DELETE api:submission_choice                   401       404     200        404   404   404     403       403
GET    api:sponsors                            200       200     200        200   200   200     200       200
GET    api:dashboard                           401       404     404        404   404   200     200       200
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
    "pages:join": {"team_name": "Newcomers", "accept": "on", "data_version": "1", "accept_data": "on"},
    "pages:submit": {"key": "k1", "note": ""},
    "pages:announcement_desk": ANNOUNCEMENT,
    "pages:announcement_draft": ANNOUNCEMENT,
    "pages:announcement_send": {"reach": "3"},
    "pages:launch": {"confirm": "tide-table"},
    "api:launch": {"reasons": {}},
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
    "pages:me": {"language": "ja", "time_zone": "Asia/Tokyo", "affiliation": "Harbour office", "country": "JP"},
    "pages:token_create": {"name": "new"},
    "pages:data_terms": {"version": "1", "accept": "on"},
    "pages:leave": {"sure": "on"},
    "pages:people": {"email": "new@example.org", "role": "juror", "language": "ja", "note": ""},
    "pages:people_role": {"act": "change", "role": "reviewer", "reason": "asked for it"},
    "pages:people_invitation": {"act": "revoke"},
    "pages:registration": {"act": "approve"},
    "pages:role_invitation": {"answer": "accept"},
    "pages:consent": {"contest": "tide-table", "key": "sponsors", "act": "give"},
    "pages:contest_new": {
        "slug": "new-contest",
        "title_en": "New",
        "title_ja": "新しい",
        "time_zone": "Asia/Tokyo",
        "contact_email": "new@example.org",
    },
    "pages:workspace_step": {"base": "1", "f.title.en": "Other"},
    "pages:workspace_yaml": {"base": "1", "text": "slug: tide-table"},
    "pages:workspace_files": {"base": "1", "folder": "data"},
    "pages:workspace_files_remove": {"base": "1", "name": "train.csv", "sure": "tide-table"},
    "pages:workspace_export": {"with_hidden": "on"},
    "pages:workspace_import": {"base": "1", "sure": "tide-table"},
    "pages:workspace_restore": {"base": "1", "sure": "tide-table"},
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
    "api:join": {"team_name": "Newcomers", "accept_terms": "1", "accept_data_terms": "1"},
    "api:terms": {"version": "1"},
    "api:data_terms": {"version": "1"},
    "api:participation": {"key": "sponsors", "given": True},
    "api:registration": {"decision": "approve"},
    "api:people": {"email": "new@example.org", "role": "juror"},
    "pages:entry": {"title": "Late"},
    "pages:jury_declare": {"sure": "on"},
    "pages:jury_sign": {"name": "J. Juror"},
    "pages:jury_sheet": {"version": "0", "mark_insight": "4"},
    "pages:jury_conflict": {"sure": "on"},
    "pages:jury_chair": {"act": "balance"},
    "api:entry": {"title": "Late"},
    "api:sheet": {"version": 0, "marks": {"insight": 4}},
    "pages:hand_in": {"model_place": "inside", "seeds": "1", **{f"{one}_commands": "python x.py" for one in STAGES}},
    "pages:hand_in_decline": {"award": "first", "sure": "on"},
    "pages:winners_publish": {"sure": "on"},
    "pages:winner_run": {"version": "1", "inputs": "train.csv"},
    "pages:winner_decide": {"verdict": "rejected", "reason": "It differs.", "sure": "on"},
    "pages:winner_extend": {"days": "3", "reason": "Illness"},
    "set_language": {"language": "ja"},
}


def archive() -> bytes:
    """The smallest archive that is taken: it may be incomplete."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("competition.yaml", "slug: tide-table\n")
    return stream.getvalue()


PREDICTION = b"id,y\na,9\n"


def body(row: Row) -> dict[str, Any]:
    """Keyword arguments of a client's request."""
    if row.method == "PUT" and row.route not in FORMS:
        name = {"x-file-name": "prediction.csv"}
        return {"data": PREDICTION, "content_type": "application/octet-stream", "headers": name}
    form = FORMS.get(row.route, {})
    if row.route in {"pages:submit", "pages:check", "api:submissions", "api:check"}:
        return {"data": {**form, "file": SimpleUploadedFile("prediction.csv", PREDICTION)}}
    if row.route == "api:entry":
        return {"data": form} if row.method == "POST" else {}
    if row.route == "pages:workspace_files" and row.method == "POST":
        return {"data": {**form, "file": SimpleUploadedFile("more.csv", PREDICTION)}}
    if row.route == "pages:workspace_import":
        return {"data": {**form, "file": SimpleUploadedFile("contest.zip", archive())}}
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
