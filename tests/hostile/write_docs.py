"""The table of bad inputs in Markdown: what each is, what happens, seconds and megabytes.

python tests/hostile/write_docs.py            print the table
python tests/hostile/write_docs.py FILE       put it between the marks <!-- hostile --> and <!-- /hostile --> there
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[number]) for number in (2, 1)]

from hostile.cases import CASES, load  # noqa: E402
from hostile.run import load_readers, outcome  # noqa: E402

BEGIN, END = "<!-- hostile -->", "<!-- /hostile -->"
LONGEST = 220  # characters of an error that the table shows


def table() -> str:
    """A row a bad input."""
    load()
    load_readers()
    lines = ["| file | what it is | what happens | s | MB |", "|---|---|---|---:|---:|"]
    for case in CASES.values():
        found = outcome(case)
        error = found["error"].removeprefix("FOLDER/")
        text = error if len(error) <= LONGEST else f"{error[:LONGEST]} ..."
        happens = f"`{_cell(text)}`" if text else found["ended"] or "it is read"
        cells = (case.kind, _cell(case.name), happens, f"{found['seconds']:.2f}", f"{max(found['megabytes'], 0):.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")


def main(files: list[str]) -> None:
    made = table()
    if not files:
        print(made)
    for path in map(Path, files):
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
