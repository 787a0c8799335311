"""Names of the files in a child's folder."""

from __future__ import annotations

MODEL_FILE = "model.tflite"
BOARD_FILE = "board.toml"
TASK_FILE = "task.json"
ANSWER_FILE = "answer.json"
STDERR_FILE = "stderr.txt"
