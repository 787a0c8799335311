"""Rebuilds `reports/samples/` (JSON and Markdown) and the pictures of reports in `docs/images/`.

    python reports/rebuild_samples.py [--examples]

`--examples` rebuilds instead what the worked examples gave: `examples/reports/`, their pictures and their tables in the
documentation. They train networks, which takes some minutes; trained on another kind of processor they may come out a
little different.

Everything is built and run anew, in a cache of its own. What differs from one machine and run to the next (when, where,
how long each stage took) is left out, so that the same sources and compiler give the same files. Pictures of the HTML
report are taken when a Chromium is installed.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from profiler.cli.report_files import write_reports
from profiler.pipeline import profile
from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS
from profiler.report.renderers.terminal import print_profile
from profiler.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "reports" / "samples"
IMAGES = ROOT / "docs" / "images"

PROFILED = (("zoo:kws", "nucleo_l4r5zi"), ("zoo:ic", "nucleo_l4r5zi"), ("zoo:kws", "nucleo_g0b1re"))
PICTURED = PROFILED[1]
FORMATS = ("json", "markdown")  # an HTML report carries 4.5 MB of chart library: too much for a repository
EXAMPLES = {"digits": ("docs/quantize.md",), "basic_motions": ("docs/quantize.md", "README.md")}
LEFT_OUT = "left out of samples"
TERMINAL_COLUMNS = 118

# The report in a frame as wide as a phone: a browser's own window cannot be made that narrow.
PHONE_PAGE = """<!doctype html><body style="margin:0;background:#888;display:grid;place-items:center;height:100vh">
<iframe src="report.html" style="width:390px;height:980px;border:0;border-radius:16px"></iframe>"""


def fresh_profile(model: str, board: str, cache_folder: Path) -> Profile:
    """A profile without the circumstances of this run."""
    result = profile(model, board=board, settings=load_settings(cache_folder=cache_folder))
    provenance = replace(result.provenance, created=LEFT_OUT, host=LEFT_OUT, stage_seconds={})
    return replace(result, provenance=provenance)


def terminal_picture(result: Profile) -> str:
    """What `profiler run` prints, as SVG that asks for nothing from outside."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=TERMINAL_COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    print_profile(result, console)
    title = f"profiler run {result.model.name} --board {result.board.name}"
    picture = console.export_svg(title=title, unique_id="terminal")
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", picture)


def write_samples(profiles: Iterable[Profile]) -> None:
    """Every profile in every format of `FORMATS`, named as `profiler run` names them; other samples are removed."""
    shutil.rmtree(SAMPLES, ignore_errors=True)
    SAMPLES.mkdir()
    for result in profiles:
        for path in write_reports(result, SAMPLES, FORMATS).values():
            print(f"wrote {path.relative_to(ROOT)}")


def write_pictures(result: Profile) -> None:
    """The report in a terminal and, where there is a browser, on a desk and on a phone."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / "terminal.svg").write_text(terminal_picture(result), encoding="utf-8")
    print("wrote docs/images/terminal.svg")
    browser = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), "")
    if not browser:
        print("docs/images/report_*.png are left as they are: no Chromium is installed")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.html").write_text(RENDERERS["html"].render(result), encoding="utf-8")
        (folder / "phone.html").write_text(PHONE_PAGE, encoding="utf-8")
        for page, picture, size in (("report", "report_desktop", "1280,1500"), ("phone", "report_phone", "500,1040")):
            _photograph(browser, folder / f"{page}.html", IMAGES / f"{picture}.png", size)
            print(f"wrote docs/images/{picture}.png")


def _photograph(browser: str, page: Path, picture: Path, size: str) -> None:
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")
    command = [
        browser,
        *options,
        f"--user-data-dir={page.parent / 'browser'}",
        f"--window-size={size}",
        "--virtual-time-budget=15000",
        f"--screenshot={picture}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def rebuild_examples() -> None:
    """Run the worked examples, and put what they say where it is shown."""
    for name, pages in EXAMPLES.items():
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, str(ROOT / "examples" / f"{name}.py")]
            subprocess.run(command, check=True, cwd=scratch)
            made, report = Path(scratch) / "out" / name, ROOT / "examples" / "reports" / f"{name}.md"
            old, new = (first_table(path.read_text(encoding="utf-8")) for path in (report, made / "compare.md"))
            shutil.copy(made / "compare.md", report)
            shutil.copy(made / "compare.svg", IMAGES / f"{name}.svg")
        for page in (ROOT / each for each in pages):
            page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def first_table(markdown: str) -> str:
    """The first table of a text. Raises IndexError when there is none."""
    return re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)[0]


def main() -> None:
    """Rebuild everything of a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", action="store_true", help="what the worked examples gave")
    if parser.parse_args().examples:
        rebuild_examples()
        return
    with tempfile.TemporaryDirectory() as cache:
        profiles = {each: fresh_profile(*each, Path(cache)) for each in PROFILED}
    write_samples(profiles.values())
    write_pictures(profiles[PICTURED])


if __name__ == "__main__":
    main()
