"""Takes away each protection of the service, one at a time, and sees that a test of its fails.

    python -m tests.support.without_protections [NUMBER…]

Works on a copy of the checkout in a temporary folder. Exit code 1 when a protection could go unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "out", ".mypy_cache", ".ruff_cache", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What protects, the code that does it, what stands there without it, and the test that must fail then."""

    name: str
    path: str
    code: str
    without: str
    test: str


_API, _CHILD = "tests/service/test_service_safety.py::test_", "tests/work/test_sandbox.py::test_"
PROTECTIONS = (
    Protection(
        name="a request that says it is too large is refused unread",
        path="profiler/service/bodies.py",
        code="        self._expect(_declared_bytes(scope))\n",
        without="",
        test=f"{_API}a_body_that_says_it_is_too_large_is_refused_before_it_is_read",
    ),
    Protection(
        name="a request that becomes too large is refused",
        path="profiler/service/bodies.py",
        code="        if size_bytes > self._limit_bytes:",
        without="        if False:",
        test=f"{_API}a_chunked_body_is_counted",
    ),
    Protection(
        name="a model larger than the limit is refused",
        path="profiler/service/uploads.py",
        code="    if len(data) > limit_bytes:",
        without="    if False:",
        test=f"{_API}a_body_that_turns_out_too_large_is_refused_on_the_way",
    ),
    Protection(
        name="a request that stops arriving is given up",
        path="profiler/service/bodies.py",
        code="anyio.move_on_after(self._idle_seconds)",
        without="anyio.CancelScope()",
        test=f"{_API}a_body_that_stops_arriving_is_given_up",
    ),
    Protection(
        name="a request that drips is given up",
        path="profiler/service/bodies.py",
        code="                self._require_speed()\n",
        without="",
        test=f"{_API}a_body_that_drips_is_given_up",
    ),
    Protection(
        name="a model is verified before anything else",
        path="profiler/service/uploads.py",
        code="        _verify(data)\n",
        without="        pass\n",
        test=f"{_API}a_model_is_verified_before_anything_is_kept",
    ),
    Protection(
        name="the verifier has limits",
        path="profiler/service/verifier.py",
        code="        resource.setrlimit(limit, (value, value))\n",
        without="        pass\n",
        test=f"{_API}the_reader_has_limits_of_its_own",
    ),
    Protection(
        name="every access to a model's file is within it",
        path="profiler/graph/flatbuffer.py",
        code="        if position < 0 or size_bytes < 0 or position + size_bytes > self.size_bytes:",
        without="        if False:",
        test="tests/unit/test_graph_mutations.py",
    ),
    Protection(
        name="a small model cannot ask for much reading",
        path="profiler/graph/flatbuffer.py",
        code="        if self._budget_bytes < 0:",
        without="        if False:",
        test="tests/unit/test_graph_damage.py",
    ),
    Protection(
        name="no name of a model is in generated code",
        path="profiler/codegen/emit.py",
        code="        arguments=tuple(_argument(graph, layer, plan, name) for name in layer.lowered.arguments),",
        without="        arguments=(*(_argument(graph, layer, plan, name) for name in layer.lowered.arguments), "
        'f"/*{graph.tensors[layer.operator.inputs[0]].name}*/"),',
        test="tests/unit/test_codegen_emit.py",
    ),
    Protection(
        name="an upload's file name is no path and one line",
        path="profiler/service/uploads.py",
        code="    return clean_text(last.strip(), _NAME_CHARACTERS) or",
        without="    return filename or",
        test=f"{_API}hostile_file_names_are_text_wherever_they_are_shown",
    ),
    Protection(
        name="pages and reports escape text",
        path="profiler/report/renderers/html.py",
        code="        autoescape=True,",
        without="        autoescape=False,",
        test=f"{_API}hostile_file_names_are_text_wherever_they_are_shown",
    ),
    Protection(
        name="boards are names, not paths",
        path="profiler/service/submit.py",
        code='    if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,63}", name):',
        without="    if False:",
        test="tests/service/test_service_safety.py::test_boards_are_names_never_paths",
    ),
    Protection(
        name="jobs name no port",
        path="profiler/lab/attach.py",
        code="    if not re.fullmatch(ALIAS_PATTERN, on):",
        without="    if False:",
        test="tests/work/test_attached.py::test_a_job_can_name_no_port",
    ),
    Protection(
        name="memory of a child",
        path="profiler/work/isolation.py",
        code="    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))\n",
        without="",
        test=f"{_CHILD}what_a_child_starts_has_the_same_limits",
    ),
    Protection(
        name="processor time of a child",
        path="profiler/work/isolation.py",
        code="    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))\n",
        without="    limits = limits\n",
        test=f"{_CHILD}a_child_that_takes_too_much_processor_time_ends",
    ),
    Protection(
        name="file sizes of a child",
        path="profiler/work/isolation.py",
        code="    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))\n",
        without="",
        test=f"{_CHILD}a_child_that_writes_too_large_a_file_ends",
    ),
    Protection(
        name="wall-clock time of a child",
        path="profiler/work/sandbox.py",
        code="        timer.start()\n",
        without="",
        test=f"{_CHILD}a_child_that_hangs_ends_with_all_it_started",
    ),
    Protection(
        name="no network for a child",
        path="profiler/work/isolation.py",
        code="    if not limits.network:\n",
        without="    if False:\n",
        test=f"{_CHILD}a_child_has_no_network",
    ),
    Protection(
        name="no passwords in a child's environment",
        path="profiler/work/sandbox.py",
        code="if not key.startswith(_SECRET_PREFIXES)}",
        without="if key}",
        test=f"{_CHILD}a_child_knows_no_passwords",
    ),
    Protection(
        name="nothing outlives a child",
        path="profiler/work/zygote.py",
        code="    _kill_all(child)  # what it started and left behind\n",
        without="",
        test=f"{_CHILD}nothing_outlives_a_child",
    ),
    Protection(
        name="bounded disk",
        path="profiler/work/eviction.py",
        code="            _delete(each.path)\n",
        without="",
        test="tests/work/test_eviction.py",
    ),
    Protection(
        name="keys are kept as hashes",
        path="profiler/service/keys.py",
        code='    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()',
        without="    return secret",
        test=f"{_API}only_hashes_of_keys_are_kept",
    ),
    Protection(
        name="a request needs a key as soon as there is one",
        path="profiler/service/access.py",
        code="        if await self._keys_in_use():",
        without="        if False:",
        test=f"{_API}as_soon_as_a_key_exists_every_request_needs_one",
    ),
    Protection(
        name="keys have scopes",
        path="profiler/service/access.py",
        code="        if not caller.may(wanted):",
        without="        if False:",
        test=f"{_API}a_scope_allows_what_it_says_and_no_more",
    ),
    Protection(
        name="a rate for each key",
        path="profiler/service/access.py",
        code='            self._rates.spend("read", caller.counted_as)\n',
        without="",
        test=f"{_API}each_key_has_a_rate_of_its_own",
    ),
    Protection(
        name="a rate for starting work",
        path="profiler/service/access.py",
        code='            self._rates.spend("submit", caller.counted_as)\n',
        without="            pass\n",
        test=f"{_API}starting_work_has_a_rate_of_its_own",
    ),
    Protection(
        name="no cross-origin calls unless an origin is named",
        path="profiler/service/app.py",
        code="    if origins:\n",
        without='    origins = origins or ["*"]\n    if origins:\n',
        test=f"{_API}cross_origin_calls_are_off_unless_an_origin_is_named",
    ),
    Protection(
        name="other sites' pages send nothing",
        path="profiler/service/edge.py",
        code="            _require_origin(scope, exchange.headers, self._settings)\n",
        without="",
        test=f"{_API}a_page_of_another_site_cannot_send_anything",
    ),
    Protection(
        name="the service has a name of its own",
        path="profiler/service/edge.py",
        code="            _require_host(exchange.headers, self._hosts)\n",
        without="",
        test=f"{_API}a_name_that_somebody_points_here_is_refused",
    ),
    Protection(
        name="security headers",
        path="profiler/service/edge.py",
        code="                *(pair for pair in _SECURITY_HEADERS if pair[0] not in present),\n",
        without="",
        test=f"{_API}every_answer_has_the_headers_that_protect_its_reader",
    ),
    Protection(
        name="no public address without keys",
        path="profiler/service/server.py",
        code="    if settings.service.is_local or any_key(store):",
        without="    if True:",
        test=f"{_API}it_refuses_to_listen_in_public_without_a_key",
    ),
    Protection(
        name="127.0.0.1 by default",
        path="profiler/settings_service.py",
        code='    host: str = "127.0.0.1"',
        without='    host: str = "0.0.0.0"',
        test=f"{_API}it_listens_to_this_machine_alone_by_default",
    ),
    Protection(
        name="made-up requests end in no server error",
        path="profiler/service/lookup.py",
        code="    except NotFoundError as error:\n",
        without="    except ZeroDivisionError as error:\n",
        test="tests/service/test_service_openapi.py",
    ),
)


def main(numbers: list[str]) -> int:
    """Tells of each protection whether its test failed without it."""
    chosen = [PROTECTIONS[int(number)] for number in numbers] or list(PROTECTIONS)
    unnoticed = []
    with tempfile.TemporaryDirectory(prefix="profiler-unprotected-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(_ROOT, copy, ignore=_LEFT_OUT)
        for each in chosen:
            noticed = _is_noticed(each, copy)
            print(f"{'noticed  ' if noticed else 'UNNOTICED'} {each.name}: {each.test.rpartition('/')[2]}", flush=True)
            unnoticed += [] if noticed else [each.name]
    return 1 if unnoticed else 0


def _is_noticed(protection: Protection, copy: Path) -> bool:
    path = copy / protection.path
    original = path.read_text(encoding="utf-8")
    assert original.count(protection.code) == 1, f"{protection.name}: {protection.path} has changed: name its new code"
    path.write_text(original.replace(protection.code, protection.without), encoding="utf-8")
    try:
        command = [
            sys.executable,
            "-P",
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "--timeout=60",
            protection.test,
        ]
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        said = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert said.returncode in (0, 1), said.stdout + said.stderr  # neither passed nor failed
        return said.returncode == 1
    finally:
        path.write_text(original, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
