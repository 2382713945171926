"""The kinds of models and data of the battery, each a small function with what should come of it."""
