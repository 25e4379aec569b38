"""Tomorrow is as the last 24 hours that are known; before there are as many, zero."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

day = datetime.fromisoformat(json.loads(Path("data/step.json").read_text())["day"])
known = json.loads(Path("state/known.json").read_text()) if Path("state/known.json").exists() else {}
with open("data/output.csv", newline="") as file:
    known |= {row["issued_at"]: float(row["kwh"]) for row in csv.DictReader(file)}
Path("new_state/known.json").write_text(json.dumps(known))
with open("submission/prediction.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["time", "kwh"])
    for hour in range(24):
        time = day + timedelta(hours=hour)
        earlier = (time - timedelta(hours=24 * back) for back in (1, 2, 3))
        value = next((known[key] for moment in earlier if (key := moment.isoformat()) in known), 0.0)
        rows.writerow([time.isoformat(), value])
print(f"{day.date()}: {len(known)} hours are known, the last is {max(known)}")
