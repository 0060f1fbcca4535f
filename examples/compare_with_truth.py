"""Compare a ranking with the truth of a planted log: what was found, missed and invented?

featsel synth log.parquet && featsel rank log.parquet -o ranking.json
python compare_with_truth.py ranking.json log.truth.json
"""

import json
import sys
from pathlib import Path


def main(ranking_path: str, truth_path: str) -> None:
    """Print one line per kind of field that was planted."""
    ranking = json.loads(Path(ranking_path).read_text(encoding="utf-8"))
    truth = json.loads(Path(truth_path).read_text(encoding="utf-8"))
    verdicts = {field["name"]: field["verdict"] for field in ranking["fields"]}
    silent = [name for pair in truth["interactions"] for name in pair]
    planted = {
        "informative": (truth["informative"], {"informative"}),
        "copies of informative fields": (truth["copies"], {"informative"}),
        "written after the click": (truth["leaks"], {"leak"}),
        "row ids": (truth["identifiers"], {"identifier"}),
        "noise": (truth["noise"], {"noise"}),
        "useful only in pairs (not for a ranking of single fields)": (silent, {"noise"}),
    }
    n_wrong = 0
    for what, (names, right) in planted.items():
        wrong = [f"{name} is called {verdicts[name]}" for name in names if verdicts.get(name) not in right]
        print(
            f"{what}: {len(names) - len(wrong)} of {len(names)} called {' or '.join(right)}", *wrong, sep="; "
        )
        n_wrong += len(wrong)
    if n_wrong:
        sys.exit(f"{n_wrong} verdicts differ from the truth")


if __name__ == "__main__":
    main(*sys.argv[1:])
