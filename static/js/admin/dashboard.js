// The dashboard's charts. A fragment that is drawn anew names new numbers; the charts go over into it and show those,
// so that nothing flickers however often that is. Their colours are the page's own, in light and in dark.

import uPlot from "../../vendor/uplot.js";

const charts = new Map(); // data-chart -> {plot, names, tip}
const WIDTH = 0.62; // of a bar, of its place

document.addEventListener("passline:drawn", ({ detail: { element } }) => drawAll(element));
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
new ResizeObserver(resize).observe(document.getElementById("main"));
drawAll(document);

function drawAll(within) {
  for (const host of within.querySelectorAll("[data-chart]")) draw(host);
}

function draw(host) {
  const drawn = JSON.parse(host.dataset.drawn);
  const id = host.dataset.chart;
  const chart = charts.get(id) ?? made(host, drawn);
  charts.set(id, chart);
  Object.assign(chart, { drawn, host });
  host.append(chart.plot.root);
  chart.plot.setData(dataOf(drawn));
}

function dataOf({ labels, series, digits }) {
  const whole = 10 ** digits;
  return [labels.map((_, n) => n), ...series.map(({ values }) => labels.map((_, n) => (values[n] ?? 0) / whole))];
}

function made(host, drawn) {
  const chart = { drawn, host };
  const lines = drawn.series.map(({ name }, n) => ({ label: name, points: { show: false }, ...(n === 0 ? bars() : line()) }));
  chart.plot = new uPlot(
    {
      width: host.clientWidth,
      height: Number(host.dataset.height),
      padding: [8, 0, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => [-0.6, chart.drawn.labels.length - 0.4] },
        y: { range: (_, low, high) => [0, Math.max(1, high * 1.08)] },
      },
      series: [{}, ...lines],
      axes: [
        { ...axis(), size: 28, grid: { show: false }, values: (_, places) => places.map((n) => chart.drawn.labels[n] ?? ""), space: 44, incrs: [1, 2, 3, 4, 6, 7, 12] },
        { ...axis(), size: 52, values: (_, values) => values.map(short), incrs: whole(drawn), space: 36 },
      ],
      hooks: { setCursor: [(plot) => point(chart, plot)] },
    },
    dataOf(drawn),
    host,
  );
  chart.tip = Object.assign(document.createElement("p"), { className: "pl-chart-tip", hidden: true });
  chart.plot.over.append(chart.tip);
  return chart;
}

function bars() {
  return { fill: () => ink("--pl-chart-bar"), width: 0, paths: uPlot.paths.bars({ size: [WIDTH, 40], radius: 0.25 }) };
}

function line() {
  return { stroke: () => ink("--pl-chart-line"), width: 2, paths: uPlot.paths.stepped({ align: 0 }) };
}

function axis() {
  const faint = { stroke: () => ink("--pl-line"), width: 1 };
  return { stroke: () => ink("--pl-ink-soft"), font: '12px "Inter Variable", sans-serif', grid: faint, ticks: { show: false }, gap: 6 };
}

/** Where numbers are counts, the axis has no halves. */
function whole({ digits }) {
  return [digits ? 0.5 : 1, 1, 2, 5].concat([1, 2, 3, 4, 5, 6, 7, 8].flatMap((e) => [1, 2, 2.5, 5].map((n) => n * 10 ** e)));
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const short = (value) => (value == null ? "" : compact.format(value));

/** What is under the pointer, in words. */
function point(chart, plot) {
  const n = plot.cursor.idx;
  chart.tip.hidden = n == null || plot.cursor.left < 0;
  if (chart.tip.hidden) return;
  const { labels, series, digits, unit } = chart.drawn;
  const number = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const said = series.map(({ name, values }) => `${series.length > 1 ? name : unit} ${number.format((values[n] ?? 0) / 10 ** digits)}`);
  chart.tip.textContent = `${labels[n]}${unit ? "" : ":00"} · ${said.join(" · ")}`;
  const left = plot.valToPos(n, "x");
  chart.tip.classList.toggle("pl-chart-tip-left", left > plot.over.clientWidth / 2);
  chart.tip.style.left = `${left}px`;
}

/** A colour of the page, as a canvas understands it. */
function ink(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.getElementById("main").append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function recolour() {
  // The theme has changed by the next frame.
  requestAnimationFrame(() => charts.forEach(({ plot }) => plot.redraw(false)));
}

function resize() {
  for (const { plot, host } of charts.values()) {
    if (host.isConnected && host.clientWidth !== plot.width) plot.setSize({ width: host.clientWidth, height: plot.height });
  }
}
