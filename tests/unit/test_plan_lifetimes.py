"""Claims about live ranges and about who may work in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.errors import UnsupportedModelError
from profiler.graph.model import DataType
from profiler.plan.lifetimes import buffers, lifetimes
from profiler.plan.model import OperatorNeeds
from profiler.plan.plan import plan_memory
from tests.support.plan_graphs import chain, graph, operator, tensor

IN_PLACE = OperatorNeeds(in_place_inputs=(0,))


def test_inputs_live_from_the_first_operator_and_outputs_to_the_last() -> None:
    model = graph(
        [tensor(index, 4) for index in range(4)],
        [operator(0, [0], [2]), operator(1, [1], [3]), operator(2, [3], [])],
        inputs=[0, 1],
        outputs=[2],
    )
    alive = lifetimes(model)
    assert (alive[1].first_operator, alive[1].last_operator) == (0, 1)
    assert (alive[2].first_operator, alive[2].last_operator) == (0, 2)


def test_constants_and_unused_tensors_get_no_arena() -> None:
    tensors = [tensor(0, 4), tensor(1, 100, constant=True), tensor(2, 4), tensor(3, 100)]
    plan = plan_memory(graph(tensors, [operator(0, [0, 1, -1], [2])], [0], [2]), {})
    assert set(plan.tensor_offsets) == {0, 2}
    assert plan.arena_bytes == 8


def test_variables_get_no_arena_as_their_operator_keeps_them_in_scratch_memory() -> None:
    tensors = [tensor(0, 4), replace(tensor(1, 100), is_variable=True), tensor(2, 8)]
    plan = plan_memory(graph(tensors, [operator(0, [0, 1], [2])], [0], [2]), {0: OperatorNeeds(scratch_bytes=16)})
    assert set(plan.tensor_offsets) == {0, 2}
    assert plan.arena_bytes == 4 + 16 + 8


def test_a_state_tensor_keeps_its_bytes_for_the_next_inference() -> None:
    model = graph(
        [tensor(index, 8) for index in range(4)],
        [operator(0, [0], [1]), operator(1, [1, 3], [2])],
        inputs=[0],
        outputs=[2],
    )
    alive = lifetimes(model)
    assert (alive[3].first_operator, alive[3].last_operator, alive[3].kept) == (0, 1, True)
    plan = plan_memory(model, {1: OperatorNeeds(in_place_inputs=(1,))})
    assert plan.tensor_offsets[3] not in {plan.tensor_offsets[index] for index in (0, 1, 2)}


def test_a_chain_of_in_place_operators_is_one_buffer() -> None:
    plan = plan_memory(chain([16, 16, 16, 16]), dict.fromkeys(range(3), IN_PLACE))
    assert plan.arena_bytes == 16
    (only,) = plan.placements
    assert only.tensor_indices == (0, 1, 2, 3)
    assert (only.first_operator, only.last_operator) == (0, 2)


def test_without_leave_of_the_kernel_input_and_output_stay_apart() -> None:
    assert plan_memory(chain([16, 16]), {}).arena_bytes == 32


def test_an_input_that_is_read_later_is_not_overwritten() -> None:
    model = graph([tensor(index, 8) for index in range(3)], [operator(0, [0], [1]), operator(1, [0, 1], [2])], [0], [2])
    plan = plan_memory(model, {0: IN_PLACE})
    assert plan.tensor_offsets[0] != plan.tensor_offsets[1]


def test_a_graph_output_is_not_overwritten() -> None:
    model = graph([tensor(index, 8) for index in range(3)], [operator(0, [0], [1]), operator(1, [1], [2])], [0], [1, 2])
    plan = plan_memory(model, {1: IN_PLACE})
    assert plan.tensor_offsets[1] != plan.tensor_offsets[2]


def test_an_output_larger_than_the_input_does_not_go_in_place() -> None:
    assert plan_memory(chain([8, 16]), {0: IN_PLACE}).arena_bytes == 24


def test_an_output_smaller_than_the_input_frees_the_rest_of_the_buffer() -> None:
    """40 → 10 in place, then 10 → 30: the last tensor fits beside the 10 bytes that are left of the 40."""
    plan = plan_memory(chain([40, 10, 30]), {0: IN_PLACE}, alignment_bytes=2)
    assert plan.arena_bytes == plan.lower_bound_bytes == 40
    assert plan.tensor_offsets[0] == plan.tensor_offsets[1]
    sizes = [(place.tensor_indices, place.size_bytes, place.first_operator) for place in plan.placements]
    assert sorted(sizes) == [((0,), 40, 0), ((1,), 10, 1), ((2,), 30, 1)]


def test_a_tensor_used_twice_by_an_operator_needs_leave_at_both_positions() -> None:
    model = graph([tensor(0, 8), tensor(1, 8)], [operator(0, [0, 0], [1])], [0], [1])
    assert plan_memory(model, {0: IN_PLACE}).arena_bytes == 16
    assert plan_memory(model, {0: OperatorNeeds(in_place_inputs=(0, 1))}).arena_bytes == 8


def test_of_two_inputs_the_smaller_sufficient_buffer_is_taken() -> None:
    model = graph([tensor(0, 100), tensor(1, 8), tensor(2, 8)], [operator(0, [0, 1], [2])], [0, 1], [2])
    merged = [
        b for b in buffers(model, {0: OperatorNeeds(in_place_inputs=(0, 1))}) if len(b.spans[0].tensor_indices) > 1
    ]
    assert [b.spans[0].tensor_indices for b in merged] == [(1, 2)]


def test_scratch_lives_only_while_its_operator_runs() -> None:
    plan = plan_memory(chain([4, 4, 4, 4]), {0: OperatorNeeds(scratch_bytes=100), 2: OperatorNeeds(scratch_bytes=100)})
    assert plan.arena_bytes == plan.lower_bound_bytes == 108
    assert set(plan.scratch_offsets) == {0, 2}


def test_a_graph_without_operators_holds_its_inputs() -> None:
    plan = plan_memory(graph([tensor(0, 8)], [], [0], [0]), {})
    assert plan.arena_bytes == plan.lower_bound_bytes == 8


def test_a_tensor_without_a_size_is_refused_by_name() -> None:
    model = chain([4, 4])
    odd = replace(model.tensors[1], dtype=DataType.STRING)
    with pytest.raises(UnsupportedModelError, match=r"tensor #1 .* type string"):
        plan_memory(replace(model, tensors=(model.tensors[0], odd)), {})
