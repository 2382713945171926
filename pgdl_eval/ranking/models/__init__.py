"""Model files and objects, found and opened."""
