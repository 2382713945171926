"""The page in a real browser: what it shows, what it does when used, and what it never does."""

import os
import re
from importlib.util import find_spec

import chromium
import pytest
from random_scores import write_random_scores

from pgdl_eval.report.page.sections import (
    Cell,
    Chart,
    Column,
    Facts,
    HeatMap,
    Mark,
    Messages,
    Page,
    Panel,
    Property,
    Scale,
    Scatters,
    Standing,
    Table,
    Verdict,
    Verdicts,
)
from pgdl_eval.report.page.writing import write_page
from pgdl_eval.score import score

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "\"'><svg onload=alert(3)>",
    "{{ 7 * 7 }}{% raw %}",
    "</title></style><!--",
    "javascript:alert(4)",
    "\u202eright to left \ud800 \x00",
)
SERIOUS = {"serious", "critical"}
LARGEST = 3_000_000  # bytes
MODELS = 12


@pytest.fixture(scope="module")
def browser():
    """Only for this module: as long as it is there, the thread has an event loop that nobody else may run beside."""
    missing = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    missing += [] if chromium.program() else ["chromium"]
    if missing:
        give_up = pytest.fail if os.environ.get("PVECTOR_REQUIRE_CHROMIUM") else pytest.skip
        give_up(f"not installed: {', '.join(missing)}")
    with chromium.running() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of two tasks of 12 models and six measures."""
    folder = tmp_path_factory.mktemp("scores")
    write_random_scores(folder, 6, (2, 2, 3), ("first", "second"))
    score(folder / "ref", folder / "res", folder / "out", pictures=False)
    return folder / "out" / "report.html"


@pytest.fixture
def open_page(browser):
    """Opens pages, and closes them after the test."""
    found = []

    def open_one(file, **options):
        found.append(chromium.opened(browser, file, **options))
        return found[-1]

    yield open_one
    for one in found:
        one.page.context.close()


def faults(page, **options):
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations if one["impact"] in SERIOUS]


def first_cells(page, table):
    return page.locator(f"{table} tbody tr > :first-child").all_inner_texts()


def test_it_opens_from_the_disk_and_asks_for_nothing(open_page, report):
    opened = open_page(report)
    assert opened.wrong == []
    assert opened.asked == [report.resolve().as_uri()]
    assert opened.page.locator("h2").first.inner_text() == "Verdicts"
    titles = opened.page.locator("h2").all_inner_texts()
    for title in ("Leaderboard: mean", "Measure against gap: first", "Agreement of measures: second"):
        assert title in titles


def test_a_table_with_several_scales_has_one_legend(open_page, report):
    page = open_page(report).page
    for section in page.locator("section:is(.table, .scatters)").all():
        assert section.locator(".legend").count() == 1
        assert "hyper-parameters alone" in section.locator(".legend").inner_text()


def test_columns_sort_by_number_and_the_floor_stays_below(open_page, report):
    page = open_page(report).page
    table = "section:has(h2:text-is('Leaderboard: first')) table"
    before = first_cells(page, table)
    head = page.locator(f"{table} th:has-text('regret')")
    column = head.evaluate("head => head.cellIndex")

    def regrets():
        cells = page.locator(f"{table} tbody tr:not(.last) > :nth-child({column + 1})").all_inner_texts()
        return [float(cell) for cell in cells]

    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert regrets() == sorted(regrets(), reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert regrets() == sorted(regrets())
    assert "sorted by regret (points), ascending" in page.locator("#said").inner_text().replace("\n", " ")
    page.locator(f"{table} th:has-text('measure')").get_by_role("button").click()
    assert first_cells(page, table) == [*sorted(before[:-1]), "hyper-parameters alone"]
    page.locator(f"{table} th:has-text('Spearman')").get_by_role("button").click()
    assert first_cells(page, table)[-2] == "measure_03"  # constant: what has no value comes last


def test_hovering_names_the_model(open_page, report):
    page = open_page(report).page
    point = page.locator(".points use").nth(7)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = page.locator("#tip").inner_text().split("\n")
    names = [f"model_{i}" for i in range(MODELS)]
    assert shown[0] in names
    chart = page.locator("figure").first
    assert shown[1].startswith(chart.locator("figcaption b").inner_text() + ": ")
    assert shown[2].startswith("generalization gap (points): ")
    assert {line.partition(":")[0] for line in shown[3:]} == {"depth", "width", "dropout"}
    page.mouse.move(2, 2)
    assert not page.locator("#tip").is_visible()


def test_a_finger_names_the_model_until_it_touches_something_else(open_page, report):
    page = open_page(report, width=360, has_touch=True).page
    points = page.locator(".points use")
    for number in (3, 4, 40):  # two of a chart, one of another
        points.nth(number).scroll_into_view_if_needed()
        box = points.nth(number).bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("#tip").inner_text().startswith("model_")
        assert page.locator(".near").count() == 1
    page.locator("h2").nth(1).tap()
    assert not page.locator("#tip").is_visible()


def test_the_arrow_keys_go_through_the_models_and_say_them(open_page, report):
    page = open_page(report).page
    page.locator(".plot").first.focus()
    said = []
    for _ in range(MODELS):
        page.keyboard.press("ArrowRight")
        said.append(page.locator("#said").text_content().split("\n"))
    assert {lines[0] for lines in said} == {f"model_{i}" for i in range(MODELS)}
    values = [float(lines[1].partition(": ")[2]) for lines in said]
    assert values == sorted(values)
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()


def test_points_take_the_colours_of_the_chosen_hyperparameter(open_page, report):
    page = open_page(report).page
    section = page.locator("section.scatters").first
    for name, values in (("width", ["2", "4"]), ("dropout", ["2", "4", "8"]), ("depth", ["2", "4"])):
        section.locator("select").select_option(label=name)
        labels = [text.strip() for text in section.locator(".colours li").all_inner_texts()]
        assert labels == values
        for chart in section.locator("figure").all():
            kinds = chart.locator(".points use").evaluate_all("all => all.map(one => one.getAttribute('href'))")
            assert {kind: kinds.count(kind) for kind in kinds} == {
                f"#m{i}": MODELS // len(values) for i in range(len(values))
            }


def test_the_keyboard_reaches_what_can_be_used(open_page, report):
    page = open_page(report).page
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 12)"))
        if reached[-1].startswith("<body"):
            break
    counts = {kind: sum(one.startswith(f"<{kind}") for one in reached) for kind in ("button", "select", "summary")}
    assert counts == {kind: page.locator(kind).count() for kind in counts}
    button = page.locator("thead button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("thead th").first.get_attribute("aria-sort") == "ascending"


def test_axe_finds_no_serious_fault(open_page, report):
    page = open_page(report).page
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert faults(page) == []


def test_the_dark_colours_have_contrast(open_page, report):
    assert faults(open_page(report, color_scheme="dark").page, runOnly=["color-contrast"]) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(open_page, report, width):
    page = open_page(report, width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_print_unfolds_what_is_folded_and_is_light(open_page, report):
    page = open_page(report, color_scheme="dark").page
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("details").count() == 12
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_it_reads_without_its_script(open_page, report):
    opened = open_page(report, java_script_enabled=False)
    assert opened.page.locator(".points use").count() == 2 * 6 * MODELS
    assert opened.page.locator("tbody tr").count() > 20
    assert opened.page.locator(".found li").count() == 6


def test_a_chart_has_a_text_of_what_it_shows(open_page, report):
    page = open_page(report).page
    for drawing in page.get_by_role("img").all():
        text = page.locator(f"#{drawing.get_attribute('aria-labelledby')}").text_content()
        assert re.search(r"measure_0\d against generalization gap \(points\)\. Values of 12 models", text)
    assert page.get_by_role("img").count() == 12


def everything(texts):
    """A page that has each of these texts in every place that a text can have."""
    names = tuple(texts)
    scale = Scale(0, 1, (0.1, 0.4), names[0], tuple(Mark(name, 0.5) for name in names))
    cells = tuple(Cell(name, number / 10, 0, 1, "good") for number, name in enumerate(names))
    places = tuple(range(len(names)))
    charts = tuple(
        Chart(
            name, places, tuple(map(float, places)), name, name, "bad", (Standing(name, cells[0], scale),),
            (Panel(name, (Standing(name, cells[1], scale),)),),
        )
        for name in names
    )  # fmt: skip
    square = tuple(tuple(0.1 * (i - j) for i in places) for j in places)
    sections = [
        Verdicts(names[0], " ".join(names), tuple(Verdict(name, name) for name in names)),
        Messages(names[1], "error", names),
        Table(names[2], tuple(Column(name, cells, name, scale) for name in names), names[0]),
        Scatters(names[3], names, tuple(map(float, places)), names[1], charts, (Property(names[0], names),), names[2]),
        HeatMap(names[4], names, square, names[0]),
        Facts(names[5], tuple((name, name) for name in names)),
    ]
    return Page(names[1], names[0], tuple(sections))


def test_hostile_names_inject_nothing(open_page, tmp_path):
    file = tmp_path / "report.html"
    write_page(file, everything(HOSTILE))
    opened = open_page(file)
    page = opened.page
    page.get_by_role("button").first.click()
    page.locator("select").select_option(index=0)
    page.locator(".plot").first.focus()
    page.keyboard.press("ArrowRight")
    assert opened.wrong == []
    assert opened.asked == [file.resolve().as_uri()]
    assert page.locator("img, iframe, object, [onerror], [onload], [style]:not(#tip)").count() == 0
    assert page.locator("script").count() == 2  # the page's own, and the data of one section
    assert page.title() == HOSTILE[1]
    shown = page.locator("tbody th").all_text_contents()
    assert set(HOSTILE[:6]) <= set(shown)
    assert "\\u202eright to left \\ud800 \\x00" in shown
    assert page.locator("#tip").inner_text().split("\n")[0] == HOSTILE[0]
    assert faults(page) == []


def test_a_hundred_models_and_twenty_measures_stay_small(open_page, tmp_path):
    write_random_scores(tmp_path, 20, (4, 5, 5))
    score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    file = tmp_path / "out" / "report.html"
    assert file.stat().st_size < LARGEST
    opened = open_page(file, width=360)
    assert opened.wrong == []
    assert opened.page.locator(".points use").count() == 2000
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
