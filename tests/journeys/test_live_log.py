"""A team watches its program in a real browser: the log grows under its eyes, and takes neither place nor focus."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.site import Site

# A trial that a worker elsewhere has begun; no worker of this site has its runtime.
BEGIN = """
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from competitions.models import User
from tests import makers
contest = makers.make_competition('live-log')
elsewhere = makers.make_runtime('e' * 64, name='python-elsewhere')
makers.take_programs(contest.tasks.get(), built=elsewhere)
team = makers.make_team(contest, 'watcher')
program = makers.make_program_submission(team)
makers.begin_run(program, log=''.join(f'line {n}\\n' for n in range(200)))
program.executions.update(lease_expires_at=timezone.now() + timedelta(days=1))
client = Client()
client.force_login(User.objects.get(username='watcher'))
answer = {'number': program.pk, 'session': client.cookies['sessionid'].value}
"""
GROW = """
from competitions.models import Execution
answer = Execution.objects.filter(submission__team__competition__slug='live-log').update({})
"""
AT_END = "log => log.scrollHeight - log.clientHeight - log.scrollTop < 8"


@pytest.fixture
def watched(site: Site, browser: Browser) -> Page:
    found = site.python(BEGIN)
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en")
    context.add_cookies([{"name": "sessionid", "value": found["session"], "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/competitions/live-log/submissions/{found['number']}/")
    return page


def test_a_growing_log_is_followed_and_neither_place_nor_focus_is_lost(watched: Page, site: Site):
    log = watched.get_by_role("log")
    expect(log).to_contain_text("line 199")
    assert log.evaluate(AT_END)
    log.focus()
    site.python(GROW.format("log='\\n'.join(f'row {n}' for n in range(300)), progress='3/4'"))
    expect(log).to_contain_text("row 299", timeout=30_000)
    assert log.evaluate(AT_END)
    assert log.evaluate("log => document.activeElement === log")
    expect(watched.get_by_text("step 3 of 4")).to_be_visible()
    # Who reads further up stays there.
    log.evaluate("log => { log.scrollTop = 120; }")
    site.python(GROW.format("log='\\n'.join(f'verse {n}' for n in range(400))"))
    expect(log).to_contain_text("verse 399", timeout=30_000)
    assert log.evaluate("log => log.scrollTop") == 120
    serious = {"serious", "critical"}
    assert [one["id"] for one in Axe().run(watched).response["violations"] if one["impact"] in serious] == []
    # The end is said aloud, and the log stays.
    site.python(END)
    expect(watched.locator("#announcer")).to_contain_text("trial run failed", timeout=30_000)
    expect(log).to_contain_text("KeyError")


END = """
from competitions.models import Execution
from competitions.services.moves import Claim
from sandbox import Outcome
from tests import makers
run = Execution.objects.get(submission__team__competition__slug='live-log')
makers.end_run(Claim(run.pk, run.attempt, run.worker), Outcome.CRASHED, log='KeyError', exit_code=1)
answer = 1
"""
