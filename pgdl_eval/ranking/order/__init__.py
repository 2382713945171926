"""What the values of all models amount to: consensus, and how it stands to the true gaps."""
