"""A ranking on a terminal, as a table of pandas, as files and as a page."""
