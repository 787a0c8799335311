"""Where a sliding window lies on its input: sizes, strides and padding of convolutions and pools."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.codegen.model import Constant, int32_constants
from profiler.graph.model import Graph, Operator, Tensor
from profiler.graph.options import Conv2DOptions, DepthwiseConv2DOptions, Padding, Pool2DOptions
from profiler.graph.window import window_output_size

WindowOptions = Conv2DOptions | DepthwiseConv2DOptions | Pool2DOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One spatial axis of a window, in elements. `before` is the padding in front; what is behind follows."""

    input_size: int
    output_size: int
    filter_size: int
    stride: int
    dilation: int
    before: int

    @property
    def reach(self) -> int:
        """Input elements from the first to the last tap, both included."""
        return (self.filter_size - 1) * self.dilation + 1

    @property
    def padded(self) -> bool:
        """True when some window hangs over an edge of the input."""
        return self.before > 0 or (self.output_size - 1) * self.stride - self.before + self.reach > self.input_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window over NHWC tensors."""

    batches: int
    input_channels: int
    output_channels: int
    height: Axis
    width: Axis

    @property
    def padded(self) -> bool:
        return self.height.padded or self.width.padded

    def constants(self) -> tuple[Constant, ...]:
        """The geometry as parameters of a kernel."""
        values: dict[str, int] = {
            "kBatches": self.batches,
            "kInputChannels": self.input_channels,
            "kOutputChannels": self.output_channels,
        }
        for name, axis in (("Height", self.height), ("Width", self.width)):
            values |= {
                f"kInput{name}": axis.input_size,
                f"kOutput{name}": axis.output_size,
                f"kFilter{name}": axis.filter_size,
                f"kStride{name}": axis.stride,
                f"kDilation{name}": axis.dilation,
                f"kPad{name}": axis.before,
            }
        integers = int32_constants(values)
        return (*integers, Constant(c_type="bool", name="kPadded", value=self.padded))


def window_of(graph: Graph, operator: Operator) -> Window:
    """The window of a convolution (filter shape from its weights: OHWI, or 1HWO for depthwise) or of a pool."""
    options = operator.options
    source, output = _tensor(graph, operator, 0), graph.output_tensor(operator)
    if isinstance(options, Pool2DOptions):
        filter_h, filter_w, dilation_h, dilation_w = options.filter_h, options.filter_w, 1, 1
    elif isinstance(options, (Conv2DOptions, DepthwiseConv2DOptions)):
        _, filter_h, filter_w, _ = _tensor(graph, operator, 1).shape
        dilation_h, dilation_w = options.dilation_h, options.dilation_w
    else:
        raise TypeError(f"{operator.kind} has no window")
    batches, input_h, input_w, input_channels = source.shape
    return Window(
        batches=batches,
        input_channels=input_channels,
        output_channels=output.shape[3],
        height=axis_of(options.padding, input_h, filter_h, options.stride_h, dilation_h),
        width=axis_of(options.padding, input_w, filter_w, options.stride_w, dilation_w),
    )


def axis_of(padding: Padding, input_size: int, filter_size: int, stride: int, dilation: int = 1) -> Axis:
    """The axis of a window over `input_size` elements."""
    output_size = window_output_size(padding, input_size, filter_size, stride, dilation)
    reach = (filter_size - 1) * dilation + 1
    missing = max((output_size - 1) * stride + reach - input_size, 0)
    return Axis(
        input_size=input_size,
        output_size=output_size,
        filter_size=filter_size,
        stride=stride,
        dilation=dilation,
        before=missing // 2,  # the odd element is padded behind
    )


def _tensor(graph: Graph, operator: Operator, position: int) -> Tensor:
    tensor = graph.input_tensor(operator, position)
    if tensor is None:
        raise ValueError(f"operator {operator.index} ({operator.kind}) has no input {position}")
    return tensor
