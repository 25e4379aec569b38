"""What a program writes is shown as text that obeys nothing, whatever the program wrote."""

import time

import pytest

from competitions.services.live_logs import LiveLog, readable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"epoch 1\nepoch 2\n", "epoch 1\nepoch 2\n"),
        (b"tabs\tstay\n", "tabs\tstay\n"),
        ("流氷 ❄\n".encode(), "流氷 ❄\n"),
        (b"\x1b[1;31mred\x1b[0m\n", "red\n"),
        (b"\x1b[2J\x1b[Hclean\x1b[?25l", "clean"),
        (b"\x1b[38;5;196mdeep red\x1b[m", "deep red"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://evil.example/\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]52;c;cGFzdGU=\x07text", "text"),
        (b"\x1b]0;no end\nnext line\n", "\nnext line\n"),
        (b"\x1bcreset\x1bM", "creset"),
        (b"\x1b\x1b[31mtwice", "twice"),
        (b"\xc2\x9b31mone byte", "31mone byte"),
        ("user\u202etxt.exe\u202c".encode(), "usertxt.exe"),
        ("\u2066isolated\u2069 \u200emark\u200f \u061carabic".encode(), "isolated mark arabic"),
        ("line\u2028separators\u2029".encode(), "lineseparators"),
        (b"nul\x00 bell\x07 back\x08 form\x0c delete\x7f", "nul bell back form delete"),
        (b"windows\r\nline ends\r\n", "windows\nline ends\n"),
        (b" 10%\r 50%\r100%\ndone\n", "100%\ndone\n"),
        (b" 10%\r 50%\r", " 50%"),
        (b"a\r\rb\r\r\n", "b\n"),
        (b"\xff\xfe broken \xe3\x81", "\ufffd\ufffd broken "),
        ("切れ".encode()[:-1], "切"),
        (b"cut in a sequence \x1b[31", "cut in a sequence "),
        (b"cut at its first byte \x1b", "cut at its first byte "),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),  # pages escape it
        (b"", ""),
    ],
    ids=repr,
)
def test_a_log_is_shown_as_plain_text(written: bytes, shown: str) -> None:
    assert readable(written) == shown


@pytest.mark.parametrize(
    "unit", [b"x", b"\r", b"x\r", b"\x1b", b"\x1b[", b"\x1b]", b"\x1b[0", b"\xe3", b"0;"], ids=repr
)
def test_no_log_takes_more_time_than_its_length(unit: bytes) -> None:
    """A quadratic step would take minutes, and the thread that keeps the lease with it."""
    data = unit * (2**21 // len(unit))
    started = time.process_time()
    readable(data)
    readable(b"\x1b[" + data)
    assert time.process_time() - started < 5


def test_a_log_is_kept_up_to_its_limit_and_the_rest_is_dropped() -> None:
    log = LiveLog(1)
    for _ in range(5):
        log.take(b"a" * 300)
    assert log.text() == "a" * 1024
    log.take(b"b")
    assert log.text() == "a" * 1024


def test_a_log_that_is_cut_within_a_character_ends_before_it() -> None:
    log = LiveLog(1)
    log.take("氷".encode() * 400)
    assert log.text() == "氷" * 341


def test_a_log_has_news_until_they_were_read() -> None:
    log = LiveLog(1)
    assert not log.has_news
    log.take(b"one\n")
    assert log.has_news
    assert log.text() == "one\n"
    assert not log.has_news
    log.take("氷".encode()[:2])
    assert log.has_news
    assert log.text() == "one\n"
    log.take("氷".encode()[2:])
    assert log.text() == "one\n氷"
