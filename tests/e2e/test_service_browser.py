"""Claims about the service's pages in a real browser: upload, live progress, failures, comparison, accessibility."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from profiler.boards.loader import board_names
from profiler.progress import STAGES
from profiler.store.model import Failure
from tests.support.served import Served, listening, make_served
from tests.support.small_models import convolution_model

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
expect.set_options(timeout=60_000)
PHONE = {"width": 375, "height": 800}
WAIT_MS = 60_000
LEAST_CONTRAST = 4.5  # WCAG 2 AA, text of normal size

# Colour contrast of every visible text with what is painted behind it, by the formula of WCAG 2.
CONTRAST = """() => {
  const parse = (text) => { const c = text.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest("svg, script, noscript") || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.tagName + "." + element.className + ": " + element.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}"""
NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, button, a, img")]
  .filter((e) => e.checkVisibility() && !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim()
    || e.hasAttribute("alt") || e.querySelector("img[alt]:not([alt=''])")))
  .map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = make_served(tmp_path)
    with listening(served) as address:
        served.address = address
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=served.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert not [text for text in said if "status of 4" not in text], said


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "wake word.tflite"
    path.write_bytes(convolution_model())
    return path


def send(page: Page, model: Path, *boards: str) -> None:
    page.goto("/")
    page.get_by_label("Model").set_input_files(model)
    for board in boards:
        page.get_by_label(board).check()
    page.get_by_role("button", name="Profile").click()


DROP = """async ([name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
}"""


def test_a_dropped_model_is_followed_live_and_becomes_a_report(page: Page, served: Served) -> None:
    served.engine.held = True
    page.goto("/")
    page.evaluate(DROP, ["kws.tflite", list(convolution_model())])
    expect(page.locator("[data-drop-text]")).to_contain_text("kws.tflite")
    page.get_by_role("button", name="Profile").click()
    expect(page.get_by_role("status")).to_have_text("Choose at least one board.")
    page.get_by_label("NUCLEO-L4R5ZI").check()
    page.get_by_role("button", name="Profile").click()
    page.wait_for_url(re.compile("/profiles/[0-9a-f]{32}$"))
    expect(page.locator(".task .state")).to_have_text("queued")
    (task,) = served.service.store.queued(10)
    served.engine.begin(task, stages=5)
    expect(page.locator("[aria-current=step]")).to_have_text(STAGES[4])
    expect(page.locator(".stages .past")).to_have_count(4)
    served.engine.end(task)
    expect(page.get_by_role("heading", name="kws.tflite on NUCLEO-L4R5ZI")).to_be_visible()
    expect(page.locator("[data-chart] .main-svg").first).to_be_visible()
    expect(page.locator("[data-chart]:has(.main-svg)")).to_have_count(5)
    page.locator("#layers thead button", has_text=re.compile("^cycles$")).click()
    column = page.locator("#layers thead th").evaluate_all("all => all.findIndex((e) => e.ariaSort === 'descending')")
    values = page.locator(f"#layers tbody td:nth-child({column + 1})").evaluate_all(
        "all => all.map((e) => Number(e.dataset.value))"
    )
    assert values == sorted(values, reverse=True)


def test_a_running_profile_is_cancelled_by_its_button(page: Page, served: Served, model: Path) -> None:
    served.engine.held = True
    send(page, model, "Raspberry Pi Pico")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".task .state")).to_have_text("cancelled")


def test_a_damaged_model_is_told_on_the_form_and_a_failed_one_on_its_page(
    page: Page, served: Served, model: Path
) -> None:
    broken = model.with_name("broken.tflite")
    broken.write_bytes(model.read_bytes()[:-50])
    send(page, broken, "NUCLEO-L4R5ZI")
    expect(page.get_by_role("alert")).to_contain_text("not a sound model")
    expect(page.get_by_label("NUCLEO-L4R5ZI")).to_be_checked()
    served.engine.failure = Failure(
        code="does_not_fit", message="model needs 212.0 KiB of RAM", hint="choose a board with more RAM"
    )
    send(page, model, "NUCLEO-G0B1RE")
    expect(page.get_by_role("alert")).to_contain_text("model needs 212.0 KiB of RAM")
    expect(page.get_by_role("alert")).to_contain_text("choose a board with more RAM")
    page.get_by_role("link", name="Profile it again").click()
    expect(page.get_by_text("is stored already")).to_be_visible()


def test_two_results_are_compared_and_a_history_is_drawn(page: Page, model: Path) -> None:
    send(page, model, "NUCLEO-L4R5ZI", "Raspberry Pi Pico")
    page.get_by_role("link", name="Raspberry Pi Pico").click()
    expect(page.get_by_role("heading", name="wake word.tflite on Raspberry Pi Pico")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("table", name="Figures of the whole model")).to_contain_text("latency")
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("link", name="wake word.tflite").click()
    expect(page.locator("[data-chart]:has(.main-svg)")).to_have_count(3)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Compare the chosen two").click()
    expect(page.get_by_role("table", name="Figures of the whole model")).to_be_visible()


def test_it_works_without_scripts(browser: Browser, served: Served, model: Path) -> None:
    context = browser.new_context(base_url=served.address, java_script_enabled=False)
    page = context.new_page()
    send(page, model, "NUCLEO-L4R5ZI")
    expect(page.get_by_role("heading", name="wake word.tflite on NUCLEO-L4R5ZI")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("table").first).to_be_visible()
    context.close()


PAGES = ("/", "/profiles", "/models", "/compare", "/boards", "/boards/nucleo_l4r5zi", "/api", "/problems", "/sign-in")


def test_no_page_is_wider_than_a_phone_and_every_text_can_be_read(page: Page, model: Path) -> None:
    send(page, model, "NUCLEO-L4R5ZI", "Raspberry Pi Pico")
    page.get_by_role("link", name="Raspberry Pi Pico").wait_for()
    job = page.url
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("table", name="Figures of the whole model").wait_for()
    for address in (*PAGES, job, page.url, "/models/by-name?name=wake+word.tflite"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(PHONE)
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
            assert not page.evaluate(NAMELESS), address
            assert page.locator("h1").count() == 1, address
            assert page.locator("html[lang=en]").count() == 1
            worst = page.evaluate(CONTRAST)
            assert worst[0][0] >= LEAST_CONTRAST, (address, scheme, worst[:3])


def test_everything_is_reached_by_the_keyboard(page: Page, served: Served, model: Path) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.get_by_label("Model").set_input_files(model)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        reached.add(name)
        if name == "board":
            page.keyboard.press("Space")
        if page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none":
            raise AssertionError(f"{name} does not show that it is focused")
        if name == "Profile":
            break
    assert {"model", "board", "Profile"} <= reached
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/profiles/"))
    assert len(served.service.store.jobs().items[0].tasks) == len(board_names())


def test_the_chosen_theme_stays(page: Page) -> None:
    page.goto("/")
    page.emulate_media(color_scheme="light")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    page.goto("/boards")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_signing_in_leads_where_one_wanted_to_go(page: Page, served: Served) -> None:
    secret = served.key("submit")
    page.goto("/boards")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("API key").fill("prf_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not valid")
    page.get_by_label("API key").fill(secret)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Boards")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
