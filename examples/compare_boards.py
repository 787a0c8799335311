"""Which boards does a model fit, and how fast is it on each?

python examples/compare_boards.py [MODEL] [BOARD ...]
"""

import sys

import profiler
from profiler.boards.loader import board_names
from profiler.errors import DoesNotFitError, UnsupportedModelError
from profiler.report.profile import Figure

model = sys.argv[1] if len(sys.argv) > 1 else "zoo:kws"
boards = sys.argv[2:] or board_names()

print(f"{model}\n{'board':<20} {'core':<12} {'MHz':>4} {'latency':>12} {'RAM used':>9} {'flash used':>10}")
fits, refusals = [], []
for board in boards:
    try:
        fits.append(profiler.profile(model, board=board))
    except (DoesNotFitError, UnsupportedModelError) as refusal:
        refusals.append(f"{board:<20} {refusal.message}")


def latency_ms(report: profiler.Profile) -> float:
    """Latency, or infinity where there is no cycle model."""
    latency = report.summary.latency_ms
    return latency.value if isinstance(latency, Figure) else float("inf")


for report in sorted(fits, key=latency_ms):
    summary, target = report.summary, report.board
    ram = summary.ram_bytes.value / summary.ram_available_bytes
    flash = summary.flash_bytes.value / summary.flash_available_bytes
    print(
        f"{target.name:<20} {target.core:<12} {target.clock_hz / 1e6:>4g} {latency_ms(report):>9.2f} ms "
        f"{ram:>9.1%} {flash:>10.1%}"
    )
print(*refusals, sep="\n")
