"""Limits on a model's cost: absolute, and relative to a baseline that is kept with the model."""
