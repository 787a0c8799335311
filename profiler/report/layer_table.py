"""Layers as flat rows: the columns of the CSV report and of `Profile.to_pandas()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiler.report.formatting import format_shape
from profiler.report.profile import CycleCauses, Figure, LayerProfile, Profile, TensorInfo, Unavailable
from profiler.report.target_table import target_layer

if TYPE_CHECKING:
    import pandas

Cell = str | int | float | None

CAUSES = ("issue", "load_use", "branch", "multiply_divide", "fpu", "fetch_wait", "data_wait")


def layer_rows(profile: Profile) -> list[dict[str, Cell]]:
    """One dict a layer, all with the same keys in the same order.

    An unavailable figure is None; why is in the column `cycles_basis` or `instructions_basis`.
    """
    return [_row(layer) | _targets(layer, profile) for layer in profile.layers]


def _targets(layer: LayerProfile, profile: Profile) -> dict[str, Cell]:
    """Columns of each run elsewhere, numbered from 1; none when only the emulator ran."""
    cells: dict[str, Cell] = {}
    for number, target in enumerate(profile.targets or (), start=1):
        found = target_layer(target, layer.index)
        cells |= {
            f"target_{number}_name": target.name,
            f"target_{number}_basis": target.basis.value,
            f"target_{number}_cycles": None if found is None else round(found.cycles.median),
            f"target_{number}_iqr_cycles": None if found is None else round(found.cycles.interquartile_range),
            f"target_{number}_difference_fraction": None if found is None else found.difference_fraction,
        }
    for number, run in enumerate(profile.counted or (), start=1):
        counted = next((each for each in run.layers if each.index == layer.index), None)
        cells |= {
            f"counted_{number}_runner": run.runner,
            f"counted_{number}_instructions": None if counted is None else counted.instructions,
            f"counted_{number}_unequal_counts": None if counted is None else counted.unequal_counts,
        }
    return cells


def _row(layer: LayerProfile) -> dict[str, Cell]:
    time = layer.time
    return {
        "index": layer.index,
        "kind": layer.kind,
        "name": layer.name,
        "kernel": layer.kernel,
        "dtype": layer.dtype,
        "input_shapes": _shapes(layer.inputs),
        "output_shapes": _shapes(layer.outputs),
        "macs": layer.macs.value,
        "instructions": _value(time.instructions),
        "instructions_basis": _basis(time.instructions),
        "cycles": _value(time.cycles),
        "cycles_low": time.cycles.low if isinstance(time.cycles, Figure) else None,
        "cycles_high": time.cycles.high if isinstance(time.cycles, Figure) else None,
        "cycles_basis": _basis(time.cycles),
        "latency_ms": _value(time.latency_ms),
        "cycles_per_mac": _value(layer.cycles_per_mac),
        **{f"cycles_{cause}": _cause(time.causes, cause) for cause in CAUSES},
        "weights_bytes": layer.weights_bytes.value,
        "code_bytes": layer.code_bytes.value,
        "scratch_bytes": layer.scratch_bytes.value,
        "output_bytes": layer.output_bytes,
        "arena_offset_bytes": layer.arena_offset_bytes,
    }


def _shapes(tensors: tuple[TensorInfo, ...]) -> str:
    return " ".join(format_shape(tensor.shape) for tensor in tensors)


def _value(figure: Figure | Unavailable) -> int | float | None:
    return figure.value if isinstance(figure, Figure) else None


def _basis(figure: Figure | Unavailable) -> str:
    return figure.basis.value if isinstance(figure, Figure) else f"unavailable: {figure.reason}"


def _cause(causes: CycleCauses | Unavailable, cause: str) -> int | None:
    return None if isinstance(causes, Unavailable) else int(getattr(causes, cause))


def layers_dataframe(profile: Profile) -> pandas.DataFrame:
    """`layer_rows` as a DataFrame indexed by the layer's index; figures are nullable (NA, not NaN)."""
    import pandas

    frame = pandas.DataFrame(layer_rows(profile)).set_index("index")
    whole = [
        name
        for name in frame.columns
        if name in {"macs", "instructions"}
        or name.endswith("_bytes")
        or name.startswith("cycles")
        or name.endswith(("_cycles", "_instructions", "_unequal_counts"))
        if name not in {"cycles_basis", "cycles_per_mac"}
    ]
    real = dict.fromkeys(("latency_ms", "cycles_per_mac"), "Float64")
    real |= {name: "Float64" for name in frame.columns if name.endswith("_difference_fraction")}
    return frame.astype(dict.fromkeys(whole, "Int64") | real)
