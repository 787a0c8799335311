"""Boards, models, results, comparisons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from profiler.boards.facts import board_values
from profiler.boards.loader import board_names
from profiler.graph.operators import macs
from profiler.graph.tflite_reader import read
from profiler.lab.attach import ATTACHED
from profiler.report.comparison.compare import compare
from profiler.report.comparison.serialize import to_plain
from profiler.report.renderers import RENDERERS
from profiler.service.context import ReaderDep, Service, ServiceDep
from profiler.service.history import history_rows
from profiler.service.lookup import find_result
from profiler.service.problems import ProblemError
from profiler.service.schemas import AttachedBody, BoardName, HistoryBody, ModelBody, Sha256
from profiler.service.submit import known_board

router = APIRouter(prefix="/v1", tags=["catalog"])
ResultText = Annotated[str, Query(max_length=128, description="A result_key, the id of a profile, or ID:BOARD.")]


@router.get("/boards", summary="The boards, every fact of each with its source")
def boards(_caller: ReaderDep) -> list[dict[str, Any]]:
    """As `profiler boards --json`."""
    return [board_values(known_board(name)) for name in board_names()]


@router.get("/attached", summary="The boards that are attached to workers: what `on` may ask for")
def attached(service: ServiceDep, _caller: ReaderDep) -> list[AttachedBody]:
    """One entry for `board`, any of a kind, and one for each alias."""
    return [
        AttachedBody(board=each.board, on=each.alias or ATTACHED, simulated=each.simulated)
        for each in service.engine.attached()
    ]


@router.get("/boards/{name}", summary="One board")
def board(_caller: ReaderDep, name: Annotated[BoardName, Path(examples=["nucleo_l4r5zi"])]) -> dict[str, Any]:
    """As `profiler boards NAME --json`."""
    return board_values(known_board(name))


@router.get("/models/{sha256}", summary="A stored model: what it is, and its results, the oldest first")
def model(service: ServiceDep, _caller: ReaderDep, sha256: Annotated[Sha256, Path()]) -> ModelBody:
    """Names are those it was uploaded under."""
    return model_body(service, sha256)


def model_body(service: Service, sha256: str) -> ModelBody:
    """What is known of a stored model. Blocks. Raises ProblemError `model-unknown`."""
    path = service.store.model_path(sha256)
    if not path.is_file():
        raise ProblemError(code="model-unknown", detail=f"no model with the digest {sha256} is stored")
    graph = read(path)
    rows = history_rows(service, model_sha256=sha256)
    tensors = graph.tensors
    return ModelBody(
        model_sha256=sha256,
        names=sorted({row.model_name for row in rows}),
        size_bytes=graph.model_bytes,
        operators=len(graph.operators),
        macs=sum(macs(graph, operator) or 0 for operator in graph.operators),
        inputs=[{"shape": tensors[index].shape, "dtype": str(tensors[index].dtype)} for index in graph.inputs],
        outputs=[{"shape": tensors[index].shape, "dtype": str(tensors[index].dtype)} for index in graph.outputs],
        history=rows,
    )


@router.get("/models", summary="The results of a model through its versions, by its name, the oldest first")
def history(
    service: ServiceDep,
    _caller: ReaderDep,
    name: Annotated[str, Query(min_length=1, max_length=200)],
    board: Annotated[BoardName | None, Query()] = None,
) -> list[HistoryBody]:
    """One entry for each finished profile."""
    return history_rows(service, model_name=name, board=board)


@router.get("/results/{key}", summary="A result by its address", responses={200: {"content": {"application/json": {}}}})
def result(service: ServiceDep, _caller: ReaderDep, key: Annotated[Sha256, Path()]) -> Response:
    """What `profiler run --json` prints. Results never change."""
    text = RENDERERS["json"].render(service.profile(key))
    return Response(text, media_type="application/json", headers={"Cache-Control": "private, max-age=86400"})


@router.get("/compare", summary="Two results side by side: layer by layer, what got slower, what got bigger")
def comparison(service: ServiceDep, _caller: ReaderDep, a: ResultText, b: ResultText) -> dict[str, Any]:
    """From `a` to `b`; as `profiler diff --json`."""
    before, after = (service.profile(find_result(service, text)) for text in (a, b))
    return to_plain(compare(before, after))
