"""Claims about the HTML report in a real browser: drawn, sortable, and no wider than a phone."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

from profiler.report.renderers.html import render
from tests.support.sample_profile import sample_profile

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

# Shows the report in a frame as wide as a phone (or a desk), then writes down what it sees.
PROBE = """<!doctype html><body>
<iframe id="frame" src="report.html" style="width:WIDTHpx;height:3000px;border:0"></iframe>
<pre id="seen"></pre><script>
const frame = document.getElementById("frame");
function column(page, number) {
  return [...page.querySelectorAll("#layers tbody tr")].map((row) => Number(row.cells[number].dataset.value));
}
function look() {
  const page = frame.contentDocument;
  const seen = {
    charts: page.querySelectorAll("[data-chart]").length,
    drawn: [...page.querySelectorAll("[data-chart]")].filter((chart) => chart.querySelector(".main-svg")).length,
    width: page.documentElement.scrollWidth,
    light: getComputedStyle(page.body).backgroundColor,
  };
  const headings = [...page.querySelectorAll("#layers thead th")];
  const cycles = headings.findIndex((head) => head.textContent.trim() === "cycles");
  const heading = headings[cycles];
  heading.querySelector("button").click();
  seen.descending = column(page, cycles);
  seen.order = heading.getAttribute("aria-sort");
  heading.querySelector("button").click();
  seen.ascending = column(page, cycles);
  page.getElementById("theme").click();
  seen.other = getComputedStyle(page.body).backgroundColor;
  document.getElementById("seen").textContent = JSON.stringify(seen);
}
frame.addEventListener("load", () => setTimeout(look, 5000));
</script>"""


def look(folder, width):
    (folder / "report.html").write_text(render(sample_profile()), encoding="utf-8")
    (folder / "probe.html").write_text(PROBE.replace("WIDTH", str(width)), encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'browser'}",
        "--virtual-time-budget=15000",
        "--dump-dom",
        (folder / "probe.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found.group(1)))


@pytest.mark.parametrize("width", [375, 1440])
def test_report_draws_sorts_changes_theme_and_never_scrolls_sideways(tmp_path, width):
    seen = look(tmp_path, width)
    assert seen["drawn"] == seen["charts"] == 5
    assert seen["width"] <= width
    assert seen["descending"] == sorted(seen["descending"], reverse=True)
    assert seen["ascending"] == sorted(seen["ascending"])
    assert seen["order"] == "descending"
    assert seen["light"] != seen["other"]
