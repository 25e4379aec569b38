"""What an organiser writes is shown, and what would do more than show is not."""

import pytest

from competitions.markdown import render


def test_tables_code_and_lists_are_shown() -> None:
    html = render("| a | b |\n|---|:-:|\n| 1 | ~~2~~ |\n\n```python\nx < 1\n```\n\n3. three\n")

    assert "<table>" in html
    assert '<td class="text-center"><s>2</s></td>' in html
    assert '<pre><code class="language-python">x &lt; 1\n</code></pre>' in html
    assert '<ol start="3">' in html


def test_a_page_keeps_its_own_heading_as_the_only_one_of_the_first_level() -> None:
    assert render("# Tides\n\n## Data\n\n###### Small\n") == "<h2>Tides</h2>\n<h3>Data</h3>\n<h6>Small</h6>\n"
    assert render("## Data\n\n### Files\n") == "<h2>Data</h2>\n<h3>Files</h3>\n"
    assert render("# Tides", is_document=True) == "<h1>Tides</h1>\n"


def test_links_lead_out_without_a_recommendation_or_a_way_back() -> None:
    assert render("[x](https://example.org)") == (
        '<p><a href="https://example.org" rel="nofollow noopener">x</a></p>\n'
    )


@pytest.mark.parametrize("address", ["/files/map.png", "map.png", "images/map.png?v=1"])
def test_images_of_this_site_are_shown(address: str) -> None:
    assert f'src="{address}"' in render(f"![map]({address})")


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/x.png", "//evil.example/x.png", "data:image/png;base64,AA", "http://[x"],
)
def test_images_from_elsewhere_leave_their_description(address: str) -> None:
    html = render(f"![map]({address})")

    assert "src=" not in html
    assert "map" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html,<script>)",
        "<iframe src=/></iframe>",
        "<style>*{display:none}</style>",
        "<svg/onload=alert(1)>",
        "<form action=/logout method=post><button>",
        "<!-- <b> -->",
        "![x](javascript:alert(1))",
        '[x](/a "onclick=alert(1)")',
        "<https://example.org/'onclick='x>",
        '```a" onclick=alert(1)\n```',
        "| a |\n|:-- style=x|\n| <b onclick=x> |",
    ],
)
def test_nothing_that_runs_comes_through(text: str) -> None:
    html = render(text)

    for tag in ("<script", "<iframe", "<style", "<svg", "<form", "<button", "<b ", "<!--"):
        assert tag not in html
    for part in html.split("<")[1:]:
        inside = part.split(">")[0]
        assert " on" not in inside.replace('title="on', "")
        assert "javascript:" not in inside.lower()
        assert "vbscript:" not in inside
        assert "data:" not in inside
