"""Settings: the environment before profiler.toml, and every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.errors import SettingsError
from profiler.settings import load_settings


@pytest.fixture(autouse=True)
def _working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROFILER_JOBS", raising=False)
    monkeypatch.delenv("PROFILER_CACHE_FOLDER", raising=False)


def test_flags_come_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "profiler.toml").write_text("jobs = 3\nstack_bytes = 4096\n")
    assert load_settings().jobs == 3
    monkeypatch.setenv("PROFILER_JOBS", "5")
    assert (load_settings().jobs, load_settings().stack_bytes) == (5, 4096)
    assert load_settings(jobs=7).jobs == 7


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = load_settings().cache_folder
    monkeypatch.setenv("PROFILER_CACHE_FOLDER", "")
    assert load_settings().cache_folder == absent != Path()


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("job = 3", "there is no setting 'job'", "jobs"),
        ("jobs = 0", "setting 'jobs'", "PROFILER_JOBS"),
        ("jobs = 'many'", "setting 'jobs'", "PROFILER_JOBS"),
        ("stack_bytes = 513", "setting 'stack_bytes'", "PROFILER_STACK_BYTES"),
        ("[service]\nport = 70000", "setting 'service.port'", "PROFILER_SERVICE_PORT"),
        ("[service]\nprot = 7", "there is no setting 'service.prot'", "max_upload_bytes"),
        ("jobs = = 3", "profiler.toml cannot be read", "profiler.toml"),
        ("\udcff", "profiler.toml cannot be read", "profiler.toml"),
    ],
)
def test_a_wrong_file_is_an_error_with_a_hint(text: str, words: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "profiler.toml").write_text(text, errors="surrogateescape")
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings()
    assert hint in (caught.value.hint or "")


def test_the_service_has_a_table_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profiler.toml").write_text("[service]\nport = 8100\nmax_upload_bytes = 4096\n")
    monkeypatch.setenv("PROFILER_SERVICE_MAX_UPLOAD_BYTES", "8192")
    monkeypatch.setenv("PROFILER_SERVICE_CORS_ORIGINS", '["https://ci.example"]')
    found = load_settings(service={"host": "::1"}).service
    assert (found.port, found.max_upload_bytes, found.host) == (8100, 8192, "::1")
    assert found.cors_origins == ("https://ci.example",)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_loopback_addresses_are_local(host: str, local: bool) -> None:
    assert load_settings(service={"host": host}).service.is_local is local


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("PROFILER_CACHE_DIR", "PROFILER_CACHE_FOLDER"),
        ("PROFILER_TOOLCHAIN", "PROFILER_TOOLCHAIN_PREFIX"),
        ("PROFILER_JOB", "PROFILER_JOBS"),
        ("profiler_stack_byte", "PROFILER_STACK_BYTES"),
        ("PROFILER_SERVICE_PROT", "PROFILER_SERVICE_PORT"),
    ],
)
def test_a_misspelt_variable_is_an_error_with_the_nearest_name(
    misspelt: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(misspelt, "3")
    with pytest.raises(SettingsError, match=f"no setting {misspelt}; did you mean {meant}"):
        load_settings()


@pytest.mark.parametrize("name", ["PROFILER_COREMARK_FOLDER", "PROFILER_ENABLED", "PROFILER_JOBS", "MY_PROFILER_JOB"])
def test_variables_of_others_are_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    load_settings()
