"""The code blocks of README and docs, and their execution: `python tests/docs/blocks.py PAGE` in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = ("python", "bash")
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n)?^```(?P<shown>\w*)\n(?P<code>.*?)^```$"
    r"|^<!-- hidden (?P<hidden>python|bash)\n(?P<set_up>.*?)^-->$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code; `reason` says why it is not run, and is empty where it is; `line` is that before its code."""

    language: str
    code: str
    line: int
    reason: str = ""


def blocks(text: str) -> list[Block]:
    """All blocks of a page that hold Python or shell commands, hidden ones included."""
    found = []
    for one in BLOCK.finditer(text):
        language, part = (one["hidden"], "set_up") if one["hidden"] else (one["shown"], "code")
        if language in LANGUAGES:
            line = text.count("\n", 0, one.start(part))
            found.append(Block(language, one[part], line, one["reason"] or ""))
    return found


def run(page: Path) -> None:
    """Run the blocks of a page in turn in the working directory; those of Python share their names."""
    names = {"__name__": "__main__"}
    for block in blocks(page.read_text("utf-8")):
        if block.reason:
            continue
        print(f"{page.name}, line {block.line}", flush=True)
        if block.language == "python":
            exec(compile("\n" * block.line + block.code, page.name, "exec"), names)
        else:
            subprocess.run(["bash", "-euo", "pipefail", "-c", block.code], check=True)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    run(Path(sys.argv[1]))
