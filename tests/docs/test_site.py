import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCSTRING = """A number.

Parameters
----------
x, y : two words
    on two lines.
settings : which are

    one : of them.

Raises
------
InputError
    For nothing.

Examples
--------
>>> 1 + 1
2
"""
MARKDOWN = """A number.

**Parameters**

* `x`, `y`: two words
    on two lines.
* `settings`: which are

    * `one`: of them.

**Raises**

* `InputError`: For nothing.

**Examples**

```pycon
>>> 1 + 1
2
```"""


def module(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_site_is_built_strictly_and_asks_nothing_of_the_network(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted(tmp_path.glob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in (ROOT / "docs").glob("*.md")}
    for page in pages:
        text = page.read_text("utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page
    for style in tmp_path.rglob("*.css"):
        assert "url(http" not in style.read_text("utf-8"), style
    assert "pgdl_eval.rank" in (tmp_path / "reference.html").read_text("utf-8")


def test_a_docstring_becomes_markdown():
    pytest.importorskip("griffe")
    assert module("docstrings").as_markdown(DOCSTRING) == MARKDOWN


def test_a_link_out_of_the_site_becomes_its_words_and_one_to_nothing_stays():
    shown = module("links_out_of_the_site").on_page_markdown
    page = "[a](zoo.md) [b](../pyproject.toml) [c](measures) [d](nothing.md) ![e](report.png) [f](https://x.org)"
    assert shown(page) == "[a](zoo.md) b c [d](nothing.md) ![e](report.png) [f](https://x.org)"
