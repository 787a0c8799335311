"""Labelled samples from files: one module a format, one table of formats, everything streamed."""
