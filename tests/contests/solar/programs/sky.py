"""The newest whole day that is known, brighter or darker by the forecasts of the two days."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

PLANTS = ("SOLA01", "SOLA02", "SOLA03")
day = datetime.fromisoformat(json.loads(Path("data/step.json").read_text())["day"])
kept = Path("state/known.json")
known = json.loads(kept.read_text()) if kept.exists() else {"kwh": {}, "sky": {}}
with open("data/kwh.csv", newline="") as file:
    known["kwh"] |= {row["issued_at"]: [float(row[plant]) for plant in PLANTS] for row in csv.DictReader(file)}
with open("data/forecast.csv", newline="") as file:
    known["sky"] |= {row["day"]: float(row["sky"]) for row in csv.DictReader(file)}
Path("new_state/known.json").write_text(json.dumps(known))
before = day - timedelta(days=1)
brighter = known["sky"][day.date().isoformat()] / known["sky"][before.date().isoformat()]
with open("submission/prediction.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["datetime", *PLANTS])
    for step in range(1, 49):  # what comes after 20:00 is not known, and is dark
        values = known["kwh"].get((before + timedelta(minutes=30 * step)).isoformat(), [0.0] * 3)
        rows.writerow([f"{day.date()} {step // 2:02d}:{step % 2 * 30:02d}", *(value * brighter for value in values)])
