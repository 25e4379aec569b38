"""No cache keeps a page that was made for one person."""


def test_an_organisers_page_is_kept_by_no_cache(organisers, team, url):
    for address in (f"{url}organiser/", f"{url}leaderboard/?kind=private", f"{url}submissions/"):
        answer = organisers.get(address)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]


def test_a_public_page_for_nobody_in_particular_may_be_kept(nobody, team, url):
    assert "no-store" not in nobody.get(f"{url}leaderboard/").headers.get("Cache-Control", "")


def test_a_download_keeps_its_own_rule(contestants, competition, url):
    assert "public" not in contestants.get(f"{url}leaderboard/").headers["Cache-Control"]
