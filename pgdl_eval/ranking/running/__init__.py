"""Every measure on every model, within a budget, kept on sheets."""
