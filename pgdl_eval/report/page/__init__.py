"""One self-contained page, report.html: it opens from the disk, asks for nothing, and reads without its script.

A `Page` (`sections.py`) is frozen data without any HTML: a title, a line below it, and sections of these kinds in any
order:

    Verdicts   what was found, in sentences, first of all; each with a name and a tone
    Messages   errors, warnings, notes
    Table      any table, a leaderboard for one: each column sorts; cells with an interval are drawn on a scale
    Scatters   a chart for each of several measures against one quantity of the same models, coloured by any property
    HeatMap    a square of numbers in [-1, 1]
    Facts      names and values: settings, versions, seeds, hashes, the command

`write_page(path, page)` (`writing.py`) writes it. Texts may hold anything: they are shown as they are and run nothing.
Colours, marks, intervals, the charts' frames and the words that a screen reader gets follow from the data::

    from pgdl_eval.report.page.sections import Cell, Column, Page, Scale, Table, Verdict, Verdicts
    from pgdl_eval.report.page.writing import write_page

    ranks = Column("rank", tuple(Cell(str(rank), rank) for rank in (1, 2)))
    values = (Cell("0.91 [0.88, 0.93]", 0.91, 0.88, 0.93), Cell("0.85 [0.81, 0.90]", 0.85, 0.81, 0.90))
    names = Column("model", (Cell("first.onnx"), Cell("second.onnx")))
    stability = Column("subspace_stability", values, scale=Scale(0, 1))
    page = Page("Two models", "subspace_stability", (
        Verdicts("Verdict", "first.onnx should generalize best; the intervals overlap.",
                 (Verdict("first.onnx", "stands first in every measure.", "good"),)),
        Table("Ranking", (names, ranks, stability), "Best first."),
    ))
    write_page(folder / "report.html", page)

`report/score_page` makes the page of `score` and of `table1`.
"""
