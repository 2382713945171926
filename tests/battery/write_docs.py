"""Runs the battery and writes its tables into docs/models.md: `python tests/battery/write_docs.py`.

What stands there outside the two marks is written by hand.
"""

from __future__ import annotations

from pathlib import Path

from outcomes import ROOT, Outcomes, faults, run_battery
from tables import document

FILE = ROOT / "docs" / "models.md"
BEGIN = "<!-- from here on written by tests/battery/write_docs.py -->"
END = "<!-- to here -->"


def with_tables(text: str, outcomes: Outcomes) -> str:
    """The document with the tables of these outcomes between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{document(outcomes)}\n{END}{after}"


def main(file: Path = FILE) -> None:
    outcomes = run_battery()
    wrong = [fault for found in outcomes.values() for one in found for fault in faults(one)]
    file.write_text(with_tables(file.read_text(encoding="utf-8"), outcomes), encoding="utf-8")
    print(f"{file}: {sum(map(len, outcomes.values()))} outcomes")
    if wrong:
        raise SystemExit("not as they should be:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
