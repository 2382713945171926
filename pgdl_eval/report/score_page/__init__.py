"""The page of `score` and of `table1`: a scoreboard as sections of a page."""
