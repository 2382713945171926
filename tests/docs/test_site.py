import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import chromium
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


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built strictly."""
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_asks_nothing_of_the_network(site):
    pages = sorted(site.glob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in (ROOT / "docs").glob("*.md")}
    for page in pages:
        text = page.read_text("utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page
    for style in site.rglob("*.css"):
        assert "url(http" not in style.read_text("utf-8"), style
    assert "pgdl_eval.rank" in (site / "reference.html").read_text("utf-8")


def test_pages_are_dark_where_the_system_is_and_a_switch_turns_them(site):
    """Strings in code have a color of their own in each, and the switch's script finds all that it looks for."""
    if chromium.program() is None:
        if os.environ.get("PVECTOR_REQUIRE_CHROMIUM"):
            pytest.fail("no Chromium, and PVECTOR_REQUIRE_CHROMIUM is set")
        pytest.skip("no Chromium")
    pytest.importorskip("playwright")
    seen = {}
    with chromium.running() as browser:
        for scheme in ("light", "dark"):
            found = chromium.opened(browser, site / "rank.html", color_scheme=scheme)
            seen[scheme] = colors(found.page)
            found.page.click("#theme-menu")
            found.page.click(f"[data-bs-theme-value={'dark' if scheme == 'light' else 'light'}]")
            found.page.wait_for_timeout(500)  # the theme fades
            seen[f"{scheme}, turned"] = colors(found.page)
            assert [one for one in found.wrong if "Worker" not in one] == []  # the search wants a server
    assert seen["light"] == seen["dark, turned"]
    assert seen["dark"] == seen["light, turned"]
    assert seen["light"][0] > 200 > 60 > seen["dark"][0]  # the page
    assert seen["light"][1] < 100 < 150 < seen["dark"][1]  # its strings


def colors(page):
    """Brightness, from 0 to 255, of the page and of a string in its code."""
    styles = [
        "getComputedStyle(document.body).backgroundColor",
        "getComputedStyle(document.querySelector('.s1')).color",
    ]
    numbers = [re.findall(r"[\d.]+", page.evaluate(one))[:3] for one in styles]
    return [sum(map(float, of)) / 3 for of in numbers]


def test_a_docstring_becomes_markdown():
    pytest.importorskip("griffe")
    assert module("docstrings").as_markdown(DOCSTRING) == MARKDOWN


def test_a_link_out_of_the_site_becomes_its_words_and_one_to_nothing_stays():
    shown = module("links_out_of_the_site").on_page_markdown
    page = "[a](zoo.md) [b](../pyproject.toml) [c](measures) [d](nothing.md) ![e](report.png) [f](https://x.org)"
    assert shown(page) == "[a](zoo.md) b c [d](nothing.md) ![e](report.png) [f](https://x.org)"
