"""Data for the contest of sales: three shops, eight products, a season, and weeks on offer."""

import math
import shutil
from pathlib import Path

import numpy as np

from tests.contests.tables import as_csv

HERE = Path(__file__).parent
SHOPS = ("aomori", "omiya", "sakai")
PRODUCTS = {  # category, price in yen, units of an ordinary week
    "green tea": ("drinks", 138, 90),
    "barley tea": ("drinks", 118, 60),
    "rice ball": ("meals", 150, 140),
    "bento": ("meals", 498, 45),
    "pudding": ("sweets", 168, 25),
    "ice cream": ("sweets", 148, 30),
    "umbrella": ("goods", 700, 3),
    "battery": ("goods", 420, 6),
}
WEEKS, GIVEN = 30, 22
PUBLIC_WEEKS = (22, 24, 26, 28)
Sales = dict[str, int]


def sales() -> dict[tuple[str, str, int], int]:
    rng, found = np.random.default_rng(2017), {}
    for number, shop in enumerate(SHOPS):
        for product, (_, _, ordinary) in PRODUCTS.items():
            for week in range(WEEKS):
                season = 1 + 0.4 * math.sin(week / WEEKS * 2 * math.pi + number)
                offer = 1.8 if (week * 3 + len(product)) % 11 == 0 else 1.0
                found[shop, product, week] = int(rng.poisson(ordinary * season * offer))
    return found


def name(shop: str, product: str, week: int) -> str:
    return f"{shop}/{product.replace(' ', '-')}/{week:02d}"


def truth() -> Sales:
    return {name(*key): units for key, units in sales().items() if key[2] >= GIVEN}


def guess() -> dict[str, float]:
    """The mean of the weeks that are given."""
    found = {}
    for shop in SHOPS:
        for product in PRODUCTS:
            mean = sum(sales()[shop, product, week] for week in range(GIVEN)) / GIVEN
            found |= {name(shop, product, week): round(mean, 2) for week in range(GIVEN, WEEKS)}
    return found


def is_public(row: str) -> bool:
    return int(row.rsplit("/", 1)[1]) in PUBLIC_WEEKS


def expected(table: dict[str, float]) -> dict[tuple[str, str], float]:
    found = {}
    for side in ("public", "private"):
        rows = [row for row in truth() if is_public(row) == (side == "public")]
        squares = [(math.log1p(table[row]) - math.log1p(truth()[row])) ** 2 for row in rows]
        found["rmsle", side] = math.sqrt(sum(squares) / len(rows))
        found["mae", side] = sum(abs(table[row] - truth()[row]) for row in rows) / len(rows)
    return found


def submission(table: dict[str, float]) -> bytes:
    return as_csv([["id", "units"], *([row, units] for row, units in table.items())])


def make_contest(folder: Path) -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for part in ("data", "truth"):
        (folder / part).mkdir()
    answers = [[row, units, row[-2:], "public" if is_public(row) else "private"] for row, units in truth().items()]
    (folder / "truth" / "solution.csv").write_bytes(as_csv([["id", "units", "week", "side"], *answers]))
    given = [[*key, units] for key, units in sales().items() if key[2] < GIVEN]
    (folder / "data" / "sales.csv").write_bytes(as_csv([["shop", "product", "week", "units"], *given]))
    products = [[product, category, price] for product, (category, price, _) in PRODUCTS.items()]
    (folder / "data" / "products.csv").write_bytes(as_csv([["product", "category", "price_yen"], *products]))
    (folder / "data" / "sample.csv").write_bytes(submission(dict.fromkeys(truth(), 0.0)))
    return folder
