"""Claims about jobs that ask for an attached board, on a simulated one behind a pseudo-terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from profiler.boards.loader import load_board
from profiler.errors import SettingsError
from profiler.pipeline import Options
from profiler.report.profile import Profile
from profiler.report.serialize import from_json
from profiler.run.lease import lease
from profiler.settings import load_settings
from profiler.store.model import EventKind, Failure, Job, JobState
from profiler.store.store import Store
from profiler.timing.model import Basis
from profiler.work.boards import BoardStock, Borrowed
from profiler.work.capacity import Attached
from profiler.work.engine import Engine
from profiler.work.sweep import sweep
from tests.support.bench import ALIAS, Bench, make_bench
from tests.work.conftest import BOARD, Working, accept

ON = Options(input_sets=1, on=ALIAS, repeat=2)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(tmp_path_factory.mktemp("bench"), BOARD)


@pytest.fixture(scope="module")
def working(cache_folder: Path, tmp_path_factory: pytest.TempPathFactory, bench: Bench) -> Iterator[Working]:
    """An engine of this process on a host with that bench."""
    settings = load_settings(
        cache_folder=cache_folder,
        data_folder=tmp_path_factory.mktemp("data"),
        workers=2,
        jobs=2,
        lab_file=bench.lab_file,
        lease_folder=bench.folder / "leases",
        board_patience_seconds=0.6,
        scheduler_patience_seconds=2.0,
    )
    store = Store.open(None, settings.data_folder)
    engine = Engine(store, settings)
    with bench.plugged_in():
        engine.start()
    yield Working(engine=engine, store=store, settings=settings)
    engine.close(graceful=False)
    store.close()


def _profile(working: Working, job: Job) -> Profile:
    done = working.engine.wait(job.id, 100)
    assert done.state is JobState.DONE, done
    result = working.store.result(done.tasks[0].result_key or "")
    assert result is not None
    return from_json(result.profile_json)


def _failure(working: Working, job: Job) -> Failure:
    failure = working.engine.wait(job.id, 100).tasks[0].failure
    assert failure is not None
    return failure


def test_jobs_run_on_the_board_one_after_the_other_and_say_where(working: Working, bench: Bench) -> None:
    with bench.plugged_in():
        asked = [accept(working.store, seed=0, options=Options(input_sets=1, seed=n, on=ALIAS)) for n in range(2)]
        asked.append(accept(working.store, seed=0, options=Options(input_sets=1, on="board", repeat=2)))
        emulated = accept(working.store, seed=0)
        profiles = [_profile(working, job) for job in asked]
    for profile in profiles:
        assert profile.targets is not None
        (target,) = profile.targets
        assert (target.name, target.location, target.outputs_equal) == (ALIAS, "a shelf", True)
        assert target.basis is Basis.EMULATED_MODEL  # a pseudo-terminal, be it behind a link, is no silicon
    assert profiles[-1].targets is not None
    assert profiles[-1].targets[0].cycles.repetitions == 2
    assert not _profile(working, emulated).targets
    jobs = [working.store.job(job.id) for job in (*asked, emulated)]
    assert len({job.tasks[0].result_key for job in jobs}) == 4
    times = []
    for job in asked:
        begun = {event.data["stage"]: event.time for event in working.store.events(job.id)
                 if event.kind is EventKind.STAGE}  # fmt: skip
        times.append((begun["run"], begun["report"]))
    times.sort()
    assert all(end <= start for (_, end), (start, _) in pairwise(times)), times
    assert working.engine.attached() == (
        Attached(board=BOARD, alias=None, simulated=True),
        Attached(board=BOARD, alias=ALIAS, simulated=True),
    )


def test_a_board_that_no_worker_has_is_waited_for_and_then_told(working: Working) -> None:
    job = accept(working.store, options=Options(input_sets=1, on="bench9"))
    failure = _failure(working, job)
    assert failure.code == "no_worker"
    assert f"no worker with an attached {BOARD} called bench9" in failure.message
    assert "--lab" in (failure.hint or "")
    failure = _failure(working, accept(working.store, boards=("raspberry_pi_pico",), options=Options(on="board")))
    assert "no worker with an attached raspberry_pi_pico was there" in failure.message
    assert "--board raspberry_pi_pico=1" in (failure.hint or "")


def test_a_board_that_is_unplugged_fails_the_job_within_its_attempts(working: Working, bench: Bench) -> None:
    """The bytes are those of the first attempt; afterwards the board is not there any more."""
    with bench.plugged_in(unplug_after_bytes=600) as sim:
        job = accept(working.store, options=replace(ON, seed=5))
        threading.Thread(target=lambda: _unlink_when_gone(sim, bench), daemon=True).start()
        failure = _failure(working, job)
        (bench.folder / "port").symlink_to("nowhere")
    assert failure.code == "board_unreachable"
    assert f"the attached {BOARD} called {ALIAS} is not plugged in (attempt 3)" in failure.message
    retries = [event.data["code"] for event in working.store.events(job.id) if event.kind is EventKind.RETRY]
    assert retries == ["board_unreachable"] * 2


def _unlink_when_gone(sim: object, bench: Bench) -> None:
    while getattr(sim, "running"):  # noqa: B009
        threading.Event().wait(0.05)
    (bench.folder / "port").unlink()


def test_a_board_that_comes_back_finishes_the_job(working: Working, bench: Bench) -> None:
    job = accept(working.store, options=replace(ON, seed=6))
    with bench.plugged_in():
        assert _profile(working, job).targets


def test_a_board_that_somebody_else_uses_is_waited_for_and_then_told(working: Working, bench: Bench) -> None:
    with bench.plugged_in(), lease(str((bench.folder / "port").resolve()), working.settings.lease_folder):
        failure = _failure(working, accept(working.store, options=replace(ON, seed=7)))
    assert failure.code == "board_busy"
    assert "in use: process" in failure.message


def test_a_job_may_run_on_a_simulated_board_of_its_own(working: Working) -> None:
    profile = _profile(working, accept(working.store, options=Options(input_sets=1, on="sim")))
    assert profile.targets is not None
    assert (profile.targets[0].name, profile.targets[0].basis) == ("board-sim", Basis.EMULATED_MODEL)


def test_an_alias_is_one_board() -> None:
    with pytest.raises(SettingsError, match="bench1 is one board, but 2 were asked for"):
        sweep("zoo:ad", [BOARD, "raspberry_pi_pico"], options=ON)


@pytest.mark.parametrize("port", ["/dev/ttyACM0", "socket://169.254.169.254:80", "../x", "a b", ""])
def test_a_job_can_name_no_port(port: str) -> None:
    with pytest.raises(SettingsError):
        Options(on=port)


@pytest.mark.parametrize("alias", ["board", "sim", "emulator", "renode"])
def test_words_that_mean_something_else_are_no_aliases(tmp_path: Path, alias: str) -> None:
    lab = tmp_path / "lab.toml"
    lab.write_text(f'[boards.{alias}]\nboard = "{BOARD}"\n')
    with pytest.raises(SettingsError, match="means something else"):
        BoardStock(lab)


def test_boards_are_counted_with_those_of_the_lab_file(tmp_path: Path) -> None:
    lab = tmp_path / "lab.toml"
    lab.write_text(f'[boards.a]\nboard = "{BOARD}"\nport = "socket://host:1"\n')
    name = load_board(BOARD).name
    assert BoardStock(lab, {name: 2}).resources() == {f"board:{name}": 2.0, f"board:{name}:a": 1.0}
    assert BoardStock(lab, {name: 1}).resources() == {f"board:{name}": 1.0, f"board:{name}:a": 1.0}
    assert BoardStock(tmp_path / "none.toml").resources() == {}
    stock = BoardStock(lab)
    with stock.borrowed(f"{name}:a", patience_seconds=0) as first, stock.borrowed(name, patience_seconds=0) as second:
        assert first == Borrowed(on="a", network=True)  # behind a port of another host
        assert isinstance(second, Failure)
        assert second.code == "board_busy"
    with stock.borrowed(name, patience_seconds=0) as again:
        assert isinstance(again, Borrowed)
