"""What an import changed reads well in both languages."""

import pytest
from django.utils import translation

from competitions.change_lines import SUBJECTS, change_line
from competitions.services.competition_changes import NOUNS

LINES = {
    "phase main: ends_at, max_submissions changed": (
        "Phase “main”: deadline, submissions in the whole phase changed",
        "フェーズ「main」：締切、フェーズ全体の投稿数を変更",
    ),
    "data terms 2: added": ("Terms of the data, version “2”: added", "データ利用規約の版「2」：追加"),
    "data 1/train.csv: removed": ("Data “1/train.csv”: removed", "データ「1/train.csv」：削除"),
    "public board of main/general/ice: metric changed": (
        "Public leaderboard “main/general/ice”: ranking metric changed",
        "公開リーダーボード「main/general/ice」：順位を決める評価指標を変更",
    ),
    "task ice: 12 submissions queued under scoring version 3": (
        "Task “ice”: 12 submissions queued under scoring version 3",
        "課題「ice」：採点バージョン3で採点する投稿 12 件",
    ),
    "winner audit: stated changed": ("Audit of the winners: stated changed", "入賞審査：statedを変更"),
    "something else": ("something else", "something else"),
}


@pytest.mark.parametrize(("line", "said"), LINES.items())
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_line_is_told_in_the_readers_language(compiled_catalogue: None, line, said, language) -> None:
    with translation.override(language):
        assert change_line(line) == said[language == "ja"]


def test_everything_that_an_import_changes_has_a_name() -> None:
    words = [f" {subject} " for subject in SUBJECTS]
    assert [noun for noun in NOUNS.values() if not any(f" {noun} " in one for one in words)] == []
