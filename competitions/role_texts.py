"""What a role in a contest lets a person see and do, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from competitions.status import Role

ROLE_TEXTS: dict[Role, str | Promise] = {
    Role.OWNER: _(
        "You run the contest: you see everything in it, private scores and all submissions included, and you alone "
        "decide who owns and organises it."
    ),
    Role.ORGANISER: _(
        "You run the contest: you see everything in it, private scores and all submissions included, and you invite "
        "reviewers, jurors and sponsors."
    ),
    Role.REVIEWER: _(
        "You look at changes to the running contest before they take effect. You see the contest, also as a draft; "
        "no private scores and no submissions."
    ),
    Role.JUROR: _(
        "You judge what is assigned to you. You see the contest, also as a draft; no private scores and no other "
        "submissions. A juror cannot take part in the same contest."
    ),
    Role.SPONSOR: _(
        "You follow the contest: you see it, also as a draft, and its public figures; no private scores, no "
        "submissions and no personal data without the person's consent. You change nothing."
    ),
}
