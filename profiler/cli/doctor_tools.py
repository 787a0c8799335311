"""What `profiler doctor` says of the tools and packages that profiles are made with."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator

from profiler.build.toolchain import find_toolchain
from profiler.cli.finding import Finding
from profiler.convert.convert import require_tensorflow
from profiler.errors import ProfilerError
from profiler.run.renode_program import find_renode
from profiler.settings import Settings
from profiler.work.isolation import can_leave_network

_REQUIRED_UNICORN = "2.1.3"


def tool_findings(settings: Settings) -> Iterator[Finding]:
    """In the order in which a profile would stumble over them."""
    python = platform.python_version() if sys.version_info >= (3, 11) else None
    yield Finding(
        name="Python", found=python, needed=True, purpose="3.11 or newer", remedy="apt-get install python3 python3-venv"
    )
    yield _toolchain(settings)
    yield _emulator()
    yield _tracer()
    yield _package("tflite-micro", needed=True, purpose="checks the firmware's outputs")
    yield _package("ai-edge-litert", needed=False, purpose="second opinion on outputs", extra="litert")
    yield _tensorflow()
    yield _package("scikit-learn", needed=False, purpose="accuracy on datasets", extra="data")
    yield _network_isolation()
    yield _renode(settings)
    yield _package("pyocd", needed=False, purpose="flashes attached boards", extra="pyocd")
    yield _program("openocd", "flashes attached boards too", "apt-get install openocd", needed=False)
    yield _program("probe-rs", "flashes attached boards too", "see probe.rs", needed=False)
    yield _program("g++", "kernel tests on this machine", "apt-get install g++", needed=False)


def _toolchain(settings: Settings) -> Finding:
    name, purpose = "cross compiler", "builds the firmware"
    try:
        toolchain = find_toolchain(settings.toolchain_prefix)
    except ProfilerError as error:
        return Finding(name=name, found=None, needed=True, purpose=error.message, remedy=error.hint or "")
    return Finding(name=name, found=toolchain.title, needed=True, purpose=purpose, remedy="")


def _emulator() -> Finding:
    version = _version("unicorn")
    wrong = version is not None and version != _REQUIRED_UNICORN
    return Finding(
        name="unicorn",
        found=None if wrong else version,
        needed=True,
        purpose=f"version {version} is installed, {_REQUIRED_UNICORN} is needed" if wrong else "runs the firmware",
        remedy=f"pip install unicorn=={_REQUIRED_UNICORN}",
    )


def _network_isolation() -> Finding:
    return Finding(
        name="network isolation",
        found="of processes that work on models" if can_leave_network() else None,
        needed=False,
        purpose="keeps processes that work on models of others off the network",
        remedy="sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 (in a container: allow "
        "user namespaces)",
    )


def _tensorflow() -> Finding:
    try:
        found = require_tensorflow()
    except ProfilerError:
        found = None
    remedy = "pip install 'cortexm-profiler[keras]'"
    return Finding(name="TensorFlow", found=found, needed=False, purpose="Keras models, quantization", remedy=remedy)


def _tracer() -> Finding:
    spec = importlib.util.find_spec("profiler.run._tracer")
    return Finding(
        name="native tracer",
        found=spec.origin if spec else None,
        needed=True,
        purpose="counts blocks and edges while the emulator runs",
        remedy="pip install --force-reinstall --no-deps . (needs a C compiler: apt-get install gcc)",
    )


def _renode(settings: Settings) -> Finding:
    name = "Renode"
    try:
        program = find_renode(settings.renode)
        found = f"{program.version()} ({' '.join(program.command)}, from {program.origin})"
    except ProfilerError as error:
        return Finding(name=name, found=None, needed=False, purpose=error.message, remedy="profiler install renode")
    return Finding(name=name, found=found, needed=False, purpose="", remedy="")


def _package(name: str, *, needed: bool, purpose: str, extra: str | None = None) -> Finding:
    remedy = f"pip install 'cortexm-profiler[{extra}]'" if extra else f"pip install {name}"
    return Finding(name=name, found=_version(name), needed=needed, purpose=purpose, remedy=remedy)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _program(name: str, purpose: str, remedy: str, *, needed: bool) -> Finding:
    return Finding(name=name, found=shutil.which(name), needed=needed, purpose=purpose, remedy=remedy)
