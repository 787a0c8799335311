#!/bin/sh
# The project's commands. Each sets up what it needs first and may be repeated at will.
#   ./do run [ARGUMENTS]   profile a model (default: the keyword-spotting zoo model on a NUCLEO-L4R5ZI)
#   ./do test              lint, types, layer contract, all tests
#   ./do setup             only the set-up: system packages, Python environment
set -eu
origin=$PWD
cd "$(dirname "$0")"
root=$PWD

say() { printf '%s\n' "$*" >&2; }

has_headers='import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'

missing_packages() {
    command -v arm-none-eabi-gcc >/dev/null 2>&1 || printf '%s ' gcc-arm-none-eabi
    [ -e /usr/lib/arm-none-eabi/newlib/libc_nano.a ] || arm-none-eabi-gcc -print-file-name=libc_nano.a 2>/dev/null \
        | grep -q / || printf '%s ' libnewlib-arm-none-eabi
    command -v g++ >/dev/null 2>&1 || printf '%s ' g++
    command -v git >/dev/null 2>&1 || printf '%s ' git
    python=$(find_python)
    if [ -z "$python" ]; then
        printf '%s ' python3 python3-venv
    elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        printf '%s ' python3-venv
    fi
    case "$python" in # the system's Python has its headers, which the tracer is built with, in a package of their own
    /usr/bin/*) "$python" -c "$has_headers" || printf '%s ' python3-dev ;;
    esac
    if [ "${1:-}" = test ]; then
        command -v cmake >/dev/null 2>&1 || printf '%s ' cmake
        command -v make >/dev/null 2>&1 || printf '%s ' make
        command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
            printf '%s ' postgresql
        command -v clang++ >/dev/null 2>&1 || printf '%s ' clang
        command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || printf '%s ' chromium
    fi
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        say "error: these Debian packages are missing, and installing them needs root: $*"
        say "  run:  sudo apt-get update && sudo apt-get install --yes --no-install-recommends $*"
        say "  then repeat this command."
        exit 2
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        say "error: missing: $* (names of Debian packages); install them with this system's package manager."
        exit 2
    fi
    say "installing Debian packages: $*"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install --yes -qq --no-install-recommends "$@" >/dev/null
}

setup() {
    packages=$(missing_packages "${1:-}")
    # shellcheck disable=SC2086  # a list of words on purpose
    [ -z "$packages" ] || install_packages $packages
    python=$(find_python)
    if [ -z "$python" ]; then
        say "error: Python 3.11 or newer was not found; this system's python3 is older. Install a newer one."
        exit 2
    fi
    extra="[examples]" # with Keras and everything for datasets
    [ "${1:-}" != test ] || extra="[dev]"
    wanted="$extra $("$python" -c 'import sys; print(sys.version)') $(cat pyproject.toml profiler/run/native/* profiler/timing/native/* | cksum)"
    if [ ! -x .venv/bin/profiler ] || { [ "$(cat .venv/installed$extra 2>/dev/null)" != "$wanted" ]; }; then
        say "installing the Python environment into .venv"
        [ -x .venv/bin/python ] || "$python" -m venv .venv
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extra"
        printf '%s' "$wanted" >".venv/installed$extra"
    fi
}

case "${1:-}" in
run)
    shift
    setup run
    if [ $# -eq 0 ]; then
        set -- zoo:kws --board nucleo_l4r5zi --output out
    fi
    cd "$origin" # paths of models and reports are the caller's
    exec "$root/.venv/bin/profiler" run "$@"
    ;;
test)
    shift
    setup test
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    # shellcheck disable=SC2046  # a list of paths without spaces
    .venv/bin/clang-format --dry-run --Werror $(git ls-files '*.cc' '*.h' '*.c')
    .venv/bin/mypy
    .venv/bin/lint-imports
    exec .venv/bin/pytest -n "$(nproc)" --dist worksteal "$@" # a worker without work takes from another one
    ;;
setup)
    setup "${2:-}"
    ;;
*)
    sed -n '2,5p' "$0" | cut -c3-
    exit 2
    ;;
esac
