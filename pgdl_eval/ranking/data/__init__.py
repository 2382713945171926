"""Samples, read from what a user names and brought to the models' scale."""
