"""Attached boards: which there are, who uses them, how they are flashed, and runs on them."""
