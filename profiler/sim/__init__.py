"""Boards without the board: the embedded emulator behind a real pseudo-terminal."""
