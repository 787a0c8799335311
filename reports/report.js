"use strict";

// Theme: the system's until the reader chooses.
const root = document.documentElement;
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches;
}

document.getElementById("theme").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  redraw();
});
systemDark.addEventListener("change", redraw);

// Charts: Plotly is text in the page until everything else is shown; reading never waits for it.
const charts = JSON.parse(document.getElementById("charts").textContent);
const drawn = new Set();
const CONFIG = { displayModeBar: false, responsive: true };

function color(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

function themedAxis(axis) {
  return { gridcolor: color("--grid"), linecolor: color("--line"), zerolinecolor: color("--line"), fixedrange: true, ...axis };
}

function themed(chart) {
  const narrow = window.innerWidth < 600;
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    dragmode: false,
    margin: { l: narrow ? 44 : 64, r: 12, t: 8, b: 48 },
    hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--line"), font: { color: color("--text") } },
    ...chart.layout,
    font: { color: color("--text"), family: "system-ui, sans-serif", size: narrow ? 11 : 12 },
  };
  if (chart.layout.xaxis) {
    layout.xaxis = themedAxis(chart.layout.xaxis);
    layout.yaxis = themedAxis(chart.layout.yaxis);
  }
  const data = chart.data.map((trace) => {
    const line = trace.marker && trace.marker.line;
    return line ? { ...trace, marker: { ...trace.marker, line: { ...line, color: color("--page") } } } : trace;
  });
  return [data, layout];
}

function draw(element) {
  loadPlotly();
  const [data, layout] = themed(charts[element.dataset.chart]);
  drawn.add(element);
  window.Plotly.react(element, data, layout, CONFIG);
}

function redraw() {
  drawn.forEach(draw);
}

function loadPlotly() {
  if (window.Plotly) return;
  const script = document.createElement("script");
  script.textContent = document.getElementById("plotly").textContent;
  document.head.append(script);
}

// One chart a turn, so that the page can be scrolled and read meanwhile.
function drawNext(waiting) {
  const element = waiting.shift();
  if (!element) return;
  element.textContent = "";
  draw(element);
  window.setTimeout(drawNext, 0, waiting);
}

window.addEventListener("load", () => window.setTimeout(drawNext, 0, [...document.querySelectorAll("[data-chart]")]));

// Tables: a press on a heading sorts by its column, a second one the other way round.
function cellKey(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  const number = Number(text);
  return text !== "" && !Number.isNaN(number) ? number : text;
}

function compare(left, right) {
  if (typeof left === typeof right) {
    return typeof left === "number" ? left - right : left.localeCompare(right);
  }
  return typeof left === "number" ? 1 : -1; // what is unavailable comes before all numbers
}

function sortBy(heading) {
  const column = heading.cellIndex;
  const body = heading.closest("table").tBodies[0];
  const rows = [...body.rows];
  const firstOrder = heading.classList.contains("number") ? "descending" : "ascending";
  const other = { ascending: "descending", descending: "ascending" };
  const order = heading.ariaSort ? other[heading.ariaSort] : firstOrder;
  const sign = order === "ascending" ? 1 : -1;
  rows.sort((left, right) => sign * compare(cellKey(left, column), cellKey(right, column)));
  for (const sibling of heading.parentElement.cells) sibling.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  body.append(...rows);
}

document.querySelectorAll("table.sortable thead button").forEach((button) => {
  button.addEventListener("click", () => sortBy(button.closest("th")));
});
