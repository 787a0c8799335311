"""A model in several precisions on several boards: accuracy, latency and memory side by side."""
