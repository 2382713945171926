"""The tables of docs/models.md, made from what came of the battery."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from outcomes import MODELS, ROOT, Outcomes

Found = dict[str, Any]
LABELS = "Labels"
# Kinds of other packages, which are tested where these packages are installed; see tests/outside.
OUTSIDE = ROOT / "tests" / "outside" / "kinds.json"
COMES = {"warning": "warned", "error": "refused"}


def document(outcomes: Outcomes) -> str:
    """All tables, with counts in front."""
    others = json.loads(OUTSIDE.read_text(encoding="utf-8")) if OUTSIDE.is_file() else []
    parts = [counts(outcomes, others), networks(outcomes), measures(outcomes), data(outcomes["data"])]
    return "\n\n".join([*parts, *([outside(others)] if others else [])]) + "\n"


def counts(outcomes: Outcomes, others: Sequence[Found]) -> str:
    models = [one for part in MODELS for one in outcomes[part]]
    read = [one for one in outcomes["data"] if one["group"] != LABELS]
    labels = [one for one in outcomes["data"] if one["group"] == LABELS]
    lines = [f"* {part}: {counted(outcomes[part])} of networks are taken" for part in MODELS]
    lines += [f"* Data sets: {counted(read)} are taken", f"* Labels: {counted(labels)} are classes"]
    if others:
        found = [{"comes": COMES.get(one["comes"], one["comes"])} for one in others]
        lines.append(f"* Networks and data sets of other packages: {counted(found)} are taken")
    kinds = len({one["kind"] for one in models})
    return f"{kinds} kinds of networks are tried, most of them on several frameworks.\n\n" + "\n".join(lines)


def counted(found: Sequence[Found]) -> str:
    """How many are taken, and how many of these with a warning."""
    number = Counter(one["comes"] for one in found)
    warned = f" ({number['warned']} with a warning)" if number["warned"] else ""
    return f"**{number['taken'] + number['warned']} of {len(found)}** kinds{warned}"


def networks(outcomes: Outcomes) -> str:
    """A table for each group: a kind a row, a framework a column."""
    found = [(part, one) for part in MODELS for one in outcomes[part]]
    groups = list(dict.fromkeys(one["group"] for _, one in found))
    return "\n\n".join(["## Networks", *(_group(group, found) for group in groups)])


def _group(group: str, found: Sequence[tuple[str, Found]]) -> str:
    rows: dict[str, dict[str, Found]] = {}
    for part, one in found:
        if one["group"] == group:
            rows.setdefault(one["kind"], {})[part] = one
    lines = [
        [kind, *(came(by_part.get(part)) for part in MODELS), words(by_part.values())] for kind, by_part in rows.items()
    ]
    return f"### {group}\n\n" + table(["kind", *MODELS, "words"], lines)


def came(found: Found | None) -> str:
    """How it went, as a cell shows it; a dash where the framework has no such kind."""
    return "-" if found is None else str(found["comes"])


def words(found: Iterable[Found]) -> str:
    """The words of warnings and refusals: the fragments that are asked for, each once."""
    told = [shown(one) for one in found if one["comes"] != "taken"]
    return "; ".join(f"“{one}”" for one in dict.fromkeys(told))


def shown(found: Found) -> str:
    fragment, whole = str(found["expected_words"]), str(found["words"])
    return (fragment if fragment in whole else whole).strip(" ;:(")


def measures(outcomes: Outcomes) -> str:
    """Which measures have values for the networks that are taken, and with which words the others are refused."""
    found = [one["measures"] for part in MODELS for one in outcomes[part] if one["measures"]]
    rows = []
    for name in found[0]:
        number = Counter(general(one[name]) for one in found)
        values = number.pop("a value", 0)
        refused = "; ".join(f"“{text}” ({count})" for text, count in sorted(number.items()))
        rows.append([f"`{name}`", f"{values} of {len(found)}", refused])
    intro = "Every measure is called for every network that is taken, by the settings with which it is taken."
    return f"## Measures\n\n{intro}\n\n" + table(["measure", "values", "refused, with which words"], rows)


def general(text: str) -> str:
    """The words of a refusal without names of layers and numbers."""
    return re.sub(r"beside \S+,", "beside NAME,", text.partition(":")[0])


def data(found: Sequence[Found]) -> str:
    groups = list(dict.fromkeys(one["group"] for one in found))
    parts = ["## Data sets"]
    for group in groups:
        rows = [[one["kind"], str(one["comes"]), words([one])] for one in found if one["group"] == group]
        what = "measures that need classes" if group == LABELS else "what comes"
        parts.append(f"### {group}\n\n" + table(["kind", what, "words"], rows))
    return "\n\n".join(parts)


def outside(found: Sequence[Found]) -> str:
    """Kinds of other packages."""
    rows = []
    for one in found:
        told = f"“{one['words']}”" if "words" in one else ""
        rows.append([one["package"], one["kind"], COMES.get(one["comes"], one["comes"]), told])
    return "## Other packages\n\n" + table(["package", "kind", "what comes", "words"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
