"""The embedded sample: small real models in the competition's format."""
