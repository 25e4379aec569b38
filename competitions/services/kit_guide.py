"""SCORING.md of a starting kit: the exact commands, in both languages."""

from typing import Final

GUIDE: Final = """\
# Scoring on your own machine / 手元での採点

`tidemark/` is the very code that the contest's server runs.
`tidemark/` は、コンテストのサーバーが動かすコードそのものです。

## English

1. Python 3.11 or newer on Linux or macOS, in this folder:

   ```
   python3 -m venv .venv
   . .venv/bin/activate
   pip install ./tidemark
   ```

2. Would a file be accepted? Nothing is sent anywhere.

   ```
   python -m scoring check contract.json {prediction}
   ```

3. Score answers that you kept back. Put them into `{holdout}`{as_truth}, your predictions for them into `{prediction}`,
   and the result is in `result.json`, with an interval for each score:

   ```
   python -m scoring job.json
   ```

`contract.json` says what a submission must look like; `job.json` is the contest's own metrics. Change the names in
`job.json` as you like.

## 日本語

1. Python 3.11以降（LinuxまたはmacOS）で、このフォルダーにて実行します。

   ```
   python3 -m venv .venv
   . .venv/bin/activate
   pip install ./tidemark
   ```

2. ファイルが受け付けられるかを確かめます。どこにも送信されません。

   ```
   python -m scoring check contract.json {prediction}
   ```

3. 手元に残した正解で採点します。正解を`{holdout}`に{as_truth_ja}置き、それに対する予測を`{prediction}`に置くと、
   各スコアの区間を含む結果が`result.json`に書き出されます。

   ```
   python -m scoring job.json
   ```

`contract.json`は提出ファイルの形式、`job.json`はコンテストと同じ評価指標です。`job.json`の中のファイル名は自由に変えられます。
"""
WITHOUT_METRICS: Final = """\
# Checking on your own machine / 手元での確認

The contest scores with a program of the organiser's that is not published, so this kit only checks files.
このコンテストは公開されていない主催者のプログラムで採点するため、このキットではファイルの確認だけができます。

```
python3 -m venv .venv
. .venv/bin/activate
pip install ./tidemark
python -m scoring check contract.json {prediction}
```
"""


PROGRAMS: Final = """
# Running your program as the server does / サーバーと同じ条件でのプログラムの実行

Linux with bubblewrap (`apt-get install bubblewrap`), in this folder: your program is in `program/`, a folder like the
contest's inputs in `data/`. What it writes is in `out/submission/`, and the last line says what it used of its limits.
bubblewrapを入れたLinux（`apt-get install bubblewrap`）で、このフォルダーにて実行します。プログラムを`program/`に、
コンテストの入力と同じ形のフォルダーを`data/`に置くと、結果が`out/submission/`に書き出され、最後の行に使用量が表示されます。

```
python -m sandbox check
python -m sandbox run --code program --input data --output out -- python main.py
```
"""


def guide(*, prediction: str, holdout: str, is_folder: bool, can_score: bool, takes_programs: bool = False) -> str:
    programs = PROGRAMS if takes_programs else ""
    if not can_score:
        return WITHOUT_METRICS.format(prediction=prediction) + programs
    scoring = GUIDE.format(
        prediction=prediction,
        holdout=holdout,
        as_truth=", one file for each scene" if is_folder else "",
        as_truth_ja="シーンごとに1ファイルずつ" if is_folder else "",
    )
    return scoring + programs
