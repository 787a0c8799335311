"""Profile a model from Python and print its layers, the slowest first.

python examples/layers.py [MODEL] [BOARD]
"""

import sys

import pandas

import profiler

model = sys.argv[1] if len(sys.argv) > 1 else "zoo:kws"
board = sys.argv[2] if len(sys.argv) > 2 else "nucleo_l4r5zi"
report = profiler.profile(model, board=board)

layers = report.to_pandas()  # one row per layer, the columns of the CSV report
layers["share"] = layers["cycles"] / layers["cycles"].sum()
columns = ["kind", "kernel", "macs", "cycles", "share", "cycles_per_mac", "weights_bytes"]
with pandas.option_context("display.width", None, "display.max_columns", None, "display.precision", 2):
    print(layers.sort_values("cycles", ascending=False)[columns])

print()
print("by kind of operator, ms:")
print(layers.groupby("kind")["latency_ms"].sum().sort_values(ascending=False).round(2).to_string())
