"""Ranking one's own trained models by measures of generalization, with what says how far to trust it."""
