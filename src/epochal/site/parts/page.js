"use strict";
// The page's only script: it filters the table, and draws a claim when it is opened.
const find = (query, at = document) => at.querySelector(query);
const facts = JSON.parse(find("#facts").textContent);
const rows = [...document.querySelectorAll("#claims tbody tr")];
const list = find("#list"), view = find("#claim"), title = document.title;

// ---- packed data ---------------------------------------------------------------------------

async function inflate(text, format) {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const texts = new Map();
function unpacked(id) {
  if (!texts.has(id)) {
    const packed = document.getElementById(id).textContent;
    texts.set(id, inflate(packed, "gzip").then((bytes) => new TextDecoder().decode(bytes)));
  }
  return texts.get(id);
}

let library = null;
function plotly() {
  library ??= unpacked("plotly").then((text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
  });
  return library;
}

// The predictions of a film: see epochal.judging.films.
async function filmed(film) {
  const both = await inflate(film.packed, "deflate");
  const size = both.length / 2, width = size / film.epochs.length, sums = new Uint16Array(width);
  const fits = film.epochs.map((_, frame) => Array.from({ length: width }, (_, place) => {
    const at = frame * width + place;
    sums[place] += both[at] | both[size + at] << 8;
    const steps = sums[place] << 16 >> 16;
    return steps === -32768 ? null : steps * film.unit;
  }));
  return { ...film, fits };
}

// Where no film is kept, the few fits that are.
function stills(curves) {
  const epochs = Object.keys(curves.fits).map(Number).sort((a, b) => a - b);
  const at = epochs.map((epoch) => last(curves.epochs, epoch));
  return curves.seeds.map((seed, row) => ({
    seed, epochs,
    mse: at.map((place) => curves.mse[row][place]),
    shares: (curves.shares[row] ?? []).map((values) => at.map((place) => values[place])),
    fits: epochs.map((epoch) => curves.fits[epoch][row].flat()),
  }));
}

// The place of the last epoch that is not after the given one.
function last(epochs, epoch) {
  let place = 0;
  while (place + 1 < epochs.length && epochs[place + 1] <= epoch) place += 1;
  return place;
}

// ---- the table -----------------------------------------------------------------------------

const filters = [...document.querySelectorAll("[data-filter]")], search = find("#f-text");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const is = words.every((word) => text.includes(word)) && filters.every((each) =>
      !each.value || row.dataset[each.dataset.filter].split(" ").includes(each.value));
    row.hidden = !is;
    shown += is;
  }
  find("#count").textContent = `${shown} of ${rows.length} claims`;
  find("#none").hidden = shown > 0;
}

// The filters are in the address, so that a filtered table can be sent to somebody.
function address() {
  const asked = new URLSearchParams();
  if (search.value) asked.set("text", search.value);
  for (const each of filters) if (each.value) asked.set(each.dataset.filter, each.value);
  return `#?${asked}`;
}

function changed() {
  filter();
  history.replaceState(null, "", address());
}

// ---- a claim -------------------------------------------------------------------------------

let shown = null;

async function open(id) {
  const data = JSON.parse(await unpacked(`claim:${id}`));
  if (location.hash !== `#${id}`) return;
  list.hidden = true;
  view.hidden = false;
  view.innerHTML = data.html; // made by a template that escapes every text
  document.title = `${id} · epochal`;
  neighbours(id);
  window.scrollTo(0, 0);
  view.focus({ preventScroll: true });
  shown = null;
  if (data.views.length > 1) view.querySelector("#plots").before(choice(id, data.views));
  if (data.views.length) await draw(id, data.views[0]);
  view.dataset.ready = id;
}

// Of several verdicts, which one the plots show.
function choice(id, views) {
  const label = Object.assign(document.createElement("label"), { textContent: "plots of the verdict on " });
  const select = document.createElement("select");
  select.id = "where";
  select.append(...views.map((each, at) => new Option(each.where, at)));
  select.addEventListener("change", () => { stop(); draw(id, views[select.value]); });
  label.append(select);
  return label;
}

function neighbours(id) {
  const seen = rows.filter((row) => !row.hidden || row.dataset.id === id);
  const at = seen.findIndex((row) => row.dataset.id === id);
  for (const [name, row] of [["before", seen[at - 1]], ["after", seen[at + 1]]]) {
    const link = find(`.${name}`, view);
    link.hidden = !row;
    if (row) link.href = `#${row.dataset.id}`;
  }
}

async function route() {
  const hash = decodeURIComponent(location.hash.slice(1));
  delete view.dataset.ready;
  if (rows.some((row) => row.dataset.id === hash)) return open(hash);
  const asked = new URLSearchParams(hash.slice(1));
  search.value = asked.get("text") ?? "";
  for (const each of filters) each.value = asked.get(each.dataset.filter) ?? "";
  filter();
  view.hidden = true;
  list.hidden = false;
  document.title = title;
}

// ---- plots ---------------------------------------------------------------------------------

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const colours = () => facts.colours[dark() ? "dark" : "light"];
const setting = (place) => colours().settings[place % colours().settings.length];

async function draw(id, data) {
  await plotly();
  const arms = [];
  for (const [name, key] of Object.entries(data.arms ?? {})) {
    const curves = JSON.parse(await unpacked(`setting:${key}`));
    const films = data.filmed?.[name] ? await Promise.all(curves.films.map(filmed)) : stills(curves);
    arms.push({ name, curves, films });
  }
  if (location.hash !== `#${id}`) return;
  const stops = [...new Set(arms.flatMap((arm) => arm.films[0]?.epochs ?? []))].sort((a, b) => a - b);
  const asked = data.marks?.epochs.at(-1) ?? 0;
  shown = { id, data, arms, stops, at: last(stops, asked), seed: "", panels: [] };
  const place = find("#plots", view);
  place.innerHTML = "";
  if (stops.length > 1) place.append(slider());
  const panels = document.createElement("div");
  panels.className = "panels";
  place.append(panels);
  for (const panel of panelsOf(data)) {
    const box = document.createElement("section");
    box.className = "panel";
    box.innerHTML = `<h3></h3><div class="plot" role="img" id="plot-${panel.name}"></div>`;
    panels.append(box);
    shown.panels.push({ ...panel, box, node: find(".plot", box) });
  }
  if (arms.length) place.append(...tables());
  await move();
}

function slider() {
  const box = document.createElement("div");
  box.className = "slider";
  const seeds = [...new Set(shown.arms.flatMap((arm) => arm.films.map((film) => film.seed)))];
  box.innerHTML = `<button type="button" id="play" aria-pressed="false">play</button>
    <label class="unseen" for="epoch">epoch</label>
    <input id="epoch" type="range" min="0" max="${shown.stops.length - 1}" value="${shown.at}">
    <label>seed <select id="seed"><option value="">all</option>
    ${seeds.map((seed) => `<option>${seed}</option>`).join("")}</select></label>
    <output id="now" for="epoch"></output>`;
  find("#epoch", box).addEventListener("input", (event) => to(Number(event.target.value)));
  find("#seed", box).addEventListener("change", (event) => {
    shown.seed = event.target.value;
    move();
  });
  find("#play", box).addEventListener("click", play);
  return box;
}

let timer = null;
function play() {
  const button = find("#play");
  if (timer) return stop();
  if (shown.at === shown.stops.length - 1) to(0);
  button.textContent = "pause";
  button.setAttribute("aria-pressed", "true");
  timer = setInterval(() => {
    if (!shown || shown.at >= shown.stops.length - 1) return stop();
    find("#epoch").value = shown.at + 1;
    to(shown.at + 1);
  }, 140);
}

function stop() {
  clearInterval(timer);
  timer = null;
  const button = find("#play");
  if (!button) return;
  button.textContent = "play";
  button.setAttribute("aria-pressed", "false");
}

function to(place) {
  shown.at = place;
  return move();
}

const epoch = () => shown.stops[shown.at] ?? 0;
const number = (value) => value === null || value === undefined ? "–" : String(Number(value.toPrecision(4)));

// The films that are drawn: of one setting every seed, of several the first; or the chosen seed.
function drawn() {
  const every = [];
  for (const [place, arm] of shown.arms.entries()) {
    const films = shown.seed
      ? arm.films.filter((film) => String(film.seed) === shown.seed)
      : arm.films.slice(0, shown.arms.length > 1 ? 1 : undefined);
    films.forEach((film, number) => every.push({
      place, arm, film, number, at: last(film.epochs, epoch()),
      name: `${shown.arms.length > 1 ? `${arm.name}, ` : ""}seed ${film.seed}`,
    }));
  }
  return every;
}

async function move() {
  const words = drawn().filter((each) => each.number === 0)
    .map((each) => `${each.name}: ${shown.data.kind === "classes" ? "error rate" : "MSE"} ${number(each.film.mse[each.at])}`);
  const now = find("#now");
  if (now) {
    now.textContent = `epoch ${epoch()} · ${words.join(" · ")}`;
    find("#epoch").setAttribute("aria-valuetext", now.textContent);
  }
  await Promise.all(shown.panels.map((panel) => {
    const { heading, traces, layout, says } = panel.draw();
    find("h3", panel.box).textContent = heading;
    panel.node.setAttribute("aria-label", says ?? heading);
    return Plotly.react(panel.node, traces, dressed(layout), { displaylogo: false, responsive: true,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "sendDataToCloud"] });
  }));
  for (const table of document.querySelectorAll("#plots details[open]")) fill(table);
}

function dressed(layout) {
  const { ink, faint } = colours(), line = { gridcolor: `${faint}44`, zerolinecolor: `${faint}88`, automargin: true };
  return {
    uirevision: shown.id, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, size: 12, family: "system-ui, DejaVu Sans, sans-serif" },
    margin: { l: 54, r: 10, t: 8, b: 40 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    showlegend: false, hovermode: "closest", ...layout,
    xaxis: { ...line, ...layout.xaxis }, yaxis: { ...line, ...layout.yaxis },
  };
}

// Which panels a claim has, by the kind of its picture.
function panelsOf(data) {
  const { kind } = data, first = shown.arms[0]?.curves;
  const flat = first && !Array.isArray(first.positions[0]);
  const found = [];
  const add = (name, draw) => found.push({ name, draw });
  if (kind === "maps") add("map", map);
  else if (kind === "slopes") add("slope", slope);
  else if (kind === "numbers") add("numbers", numbers);
  else if (first) {
    const known = first.target.flat().some((value) => value !== null);
    if (!flat) { add("net", plane(false)); if (known) add("error", plane(true)); }
    else if (kind === "scatter" && !data.points.x.length) { add("net", against(false)); add("error", against(true)); }
    else if (kind === "outputs" && data.outputs.length && !data.outputs[0].x.length) add("net", against(false));
    else if (kind !== "classes" || data.labelled[shown.arms[0].name].x.length) {
      add("net", lines);
      if (known) add("error", off);
    }
    add("learning", learning);
    if (first.waves.length && shown.arms.some((arm) => arm.films[0]?.shares.length)) add("components", components);
  }
  if (data.seeds.seed.length > 1) add("seeds", seeds);
  return found;
}

const outputs = () => shown.data.kind === "outputs" ? shown.data.names : [""];
const column = (values, output) => {
  const count = outputs().length;
  return count === 1 ? values : values.filter((_, place) => place % count === output);
};
const targetOf = (curves, output) => curves.target.map((value) => Array.isArray(value) ? value[output] : value);
const look = (each, colour) => ({
  color: colour, width: each.number === 0 ? 2.2 : 1,
  dash: each.place % 2 && outputs().length === 1 ? "dash" : "solid",
});
const span = () => {
  const values = shown.arms.flatMap((arm) => arm.curves.target.flat()).filter((value) => value !== null);
  if (!values.length) return null;
  const low = Math.min(...values), high = Math.max(...values);
  return [low, high, high - low || 1];
};

function lines() {
  const { data, arms } = shown, known = span(), traces = [];
  outputs().forEach((output, place) => {
    const line = data.targets?.[arms[0].name] ?? { x: arms[0].curves.positions, y: targetOf(arms[0].curves, place) };
    if (line.y.some((value) => value !== null)) traces.push({ ...line, name: `target ${output}`.trim(), mode: "lines",
      line: { color: colours().faint, width: 1.5, dash: "dash" } });
  });
  const points = data.points ?? data.labelled?.[arms[0].name] ?? data.outputs?.[0];
  if (points?.x.length) traces.push({ x: points.x, y: points.y, name: "points", mode: "markers", marker: { color: colours().faint, size: 6 } });
  for (const each of drawn()) outputs().forEach((output, place) => traces.push({
    x: each.arm.curves.positions, y: column(each.film.fits[each.at], place), mode: "lines",
    name: output ? `${output}, ${each.name}` : each.name, opacity: each.number ? 0.45 : 1,
    line: { ...look(each, setting(output ? place : each.place)), shape: data.kind === "classes" ? "hvh" : "linear" },
    showlegend: each.number === 0,
  }));
  const trained = data.trained ? [{ type: "rect", xref: "x", yref: "paper", x0: data.trained[0], x1: data.trained[1],
    y0: 0, y1: 1, fillcolor: colours().faint, opacity: 0.15, line: { width: 0 } }] : [];
  return { heading: `the net at epoch ${epoch()}`, traces, layout: { showlegend: true, shapes: trained,
    xaxis: { title: { text: data.x } }, yaxis: { title: { text: "output" },
      range: known ? [known[0] - 0.35 * known[2], known[1] + 0.35 * known[2]] : undefined } } };
}

function off() {
  const known = span(), traces = [];
  for (const each of drawn()) outputs().forEach((output, place) => {
    const target = targetOf(each.arm.curves, place), fit = column(each.film.fits[each.at], place);
    traces.push({ x: each.arm.curves.positions, name: output ? `${output}, ${each.name}` : each.name, mode: "lines",
      y: fit.map((value, at) => value === null || target[at] === null ? null : value - target[at]),
      opacity: each.number ? 0.45 : 1, line: look(each, setting(output ? place : each.place)) });
  });
  const worst = shown.worst ??= Math.min(1.5 * known[2], Math.max(0.35 * known[2], 1.05 * furthest()));
  return { heading: `the error at epoch ${epoch()}`, traces, layout: { xaxis: { title: { text: shown.data.x } },
    yaxis: { title: { text: "net − target" }, range: [-worst, worst] } } };
}

// The largest error of any frame, so that the axis stays while the slider moves.
function furthest() {
  let worst = 0;
  for (const { arm, film } of drawn()) outputs().forEach((_, place) => {
    const target = targetOf(arm.curves, place);
    for (const fit of film.fits) column(fit, place).forEach((value, at) => {
      if (value !== null && target[at] !== null) worst = Math.max(worst, Math.abs(value - target[at]));
    });
  });
  return worst;
}

function plane(error) {
  return () => {
    const { kind, names } = shown.data, [each] = drawn(), { positions, target } = each.arm.curves;
    const side = Math.round(Math.sqrt(positions.length)), fit = each.film.fits[each.at];
    const squared = (values) => Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => values[x * side + y]));
    const known = span(), classes = kind === "classes";
    const wrong = fit.map((value, at) => value === null ? null : classes ? Number(value !== target[at]) : Math.abs(value - target[at]));
    const pale = colours().pale.slice(0, names?.length), steps = pale.flatMap((colour, at) => [[at / pale.length, colour], [(at + 1) / pale.length, colour]]);
    const map = error
      ? { colorscale: classes ? [[0, "rgba(0,0,0,0)"], [1, setting(1)]] : facts.scales.magma_r, zmin: 0, zmax: classes ? 1 : known[2] / 2 }
      : classes ? { colorscale: steps, zmin: -0.5, zmax: names.length - 0.5 } : { colorscale: facts.scales.viridis, zmin: known[0], zmax: known[1] };
    const traces = [{ type: "heatmap", x: positions.filter((_, at) => at % side === 0).map((at) => at[0]),
      y: positions.slice(0, side).map((at) => at[1]), z: squared(error ? wrong : fit), showscale: !classes, ...map }];
    const points = shown.data.labelled?.[each.arm.name];
    if (!error && points?.x.length) traces.push({ x: points.x.map((at) => at[0]), y: points.x.map((at) => at[1]), mode: "markers",
      text: points.y.map((label) => names[label]), marker: { size: 6, color: points.y.map((label) => setting(label)), line: { width: 1, color: colours().paper } } });
    const what = error ? classes ? "wrong classes" : "|net − target|" : classes ? "the class given" : "the net";
    return { heading: `${what}, ${each.name} at epoch ${epoch()}`, traces, layout: { xaxis: { title: { text: "x" }, showgrid: false },
      yaxis: { title: { text: "y" }, scaleanchor: "x", showgrid: false } } };
  };
}

function against(error) {
  return () => {
    const { data } = shown, count = outputs().length, traces = [];
    for (const each of drawn()) outputs().forEach((output, place) => {
      const truth = data.points?.y ?? data.outputs[place].y, fit = column(each.film.fits[each.at], place);
      traces.push({ x: truth, y: error ? fit.map((value, at) => value === null ? null : value - truth[at]) : fit, mode: "markers",
        name: output ? `${output}, ${each.name}` : each.name, opacity: each.number ? 0.3 : 0.8,
        marker: { size: 6, color: setting(count > 1 ? place : each.place) } });
    });
    const ends = traces.flatMap((trace) => trace.x), low = Math.min(...ends), high = Math.max(...ends);
    traces.push({ x: [low, high], y: error ? [0, 0] : [low, high], mode: "lines", name: "exact", line: { color: colours().faint, width: 1 } });
    return { heading: `${error ? "the error" : "the net"} at epoch ${epoch()}`, traces, layout: { showlegend: count > 1 || shown.arms.length > 1,
      xaxis: { title: { text: "true" } }, yaxis: { title: { text: error ? "predicted − true" : "predicted" } } } };
  };
}

// A line at each bound, and one at the epoch of the slider.
function bounds(values, across = "x") {
  return values.map((value) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value,
    line: { color: colours().threshold, width: 1.5 }, name: across }));
}
const cursor = () => epoch() > 0 ? [{ type: "line", yref: "paper", x0: epoch(), x1: epoch(), y0: 0, y1: 1,
  line: { color: colours().ink, width: 1, dash: "dot" } }] : [];

// What is drawn over epochs: errors, or what the rule measures.
function series(arm) {
  const { marks, kind } = shown.data, { curves } = arm;
  const names = marks.kind === "measured" ? Object.keys(marks.measured) : kind === "classes" ? ["error rate", "held-out error rate"] : [];
  const measured = names.filter((name) => curves.measured?.[name]);
  return measured.length
    ? measured.map((name) => ({ name, epochs: curves.measured[name][0], rows: curves.measured[name].slice(1) }))
    : [{ name: "MSE", epochs: curves.epochs, rows: curves.mse }];
}

function learning() {
  const { marks } = shown.data, traces = [], names = new Set();
  shown.arms.forEach((arm, place) => series(arm).forEach(({ name, epochs, rows: values }, at) => {
    names.add(name);
    const from = epochs[0] === 0 && epochs.length > 1 ? 1 : 0;
    values.forEach((row, seed) => {
      const chosen = shown.seed ? String(arm.curves.seeds[seed]) === shown.seed : seed === 0;
      traces.push({ x: epochs.slice(from), y: row.slice(from), mode: "lines", opacity: chosen ? 1 : 0.45, showlegend: seed === 0,
        name: [shown.arms.length > 1 ? arm.name : "", name].filter(Boolean).join(", "), text: `seed ${arm.curves.seeds[seed]}`,
        line: { color: setting(place), width: chosen ? 2.2 : 1, dash: at ? "dot" : place % 2 ? "dash" : "solid" } });
    });
  }));
  const error = names.has("MSE"), values = traces.flatMap((trace) => trace.y);
  const wide = error && values.some((value) => value > 0) && !values.some((value) => value < 0);
  const asked = error ? marks.mse : Object.values(marks.measured).flat();
  return { heading: error ? "training MSE of every seed" : [...names].join(", "), traces,
    says: `${[...names].join(", ")} over epochs; threshold ${asked.map(number).join(", ") || "none"}`,
    layout: { showlegend: shown.arms.length > 1 || names.size > 1, shapes: [...bounds(asked), ...cursor()],
      xaxis: { title: { text: "epoch" }, type: "log", ...ticks(traces.flatMap((trace) => trace.x)) },
      yaxis: { title: { text: error ? "MSE" : [...names][0] }, ...(wide ? { type: "log", ...ticks([...values, ...asked]) } : {}) } } };
}

// Plain numbers at a logarithmic axis: of few decades also 2 and 5 times each.
function ticks(values) {
  const known = values.filter((value) => value > 0), low = Math.log10(Math.min(...known)), high = Math.log10(Math.max(...known));
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, at) => Math.floor(low) + at);
  const step = Math.ceil(decades.length / 8), within = high - low < 1.5 ? [1, 2, 5] : [1];
  const vals = decades.filter((_, at) => at % step === 0).flatMap((power) => within.map((times) => Number(`${times}e${power}`)));
  return { tickvals: vals, ticktext: vals.map((value) => value >= 1e-4 && value < 1e6 ? String(value) : value.toExponential(0)) };
}

function components() {
  const traces = [], waves = shown.arms[0].curves.waves.map((wave) => `ω = ${Number(wave.toPrecision(3))}`);
  for (const each of drawn()) traces.push({ type: each.number ? "scatter" : "bar", mode: "markers", x: waves,
    y: each.film.shares.map((row) => row[each.at]), name: each.name, showlegend: each.number === 0,
    marker: { color: setting(each.place), size: 5, opacity: each.number ? 0.6 : 1 } });
  const asked = Object.values(shown.data.marks.shares).flat();
  return { heading: `components at epoch ${epoch()}`, traces, layout: { barmode: "group", bargap: 0.5,
    shapes: [...bounds([...new Set(asked)]), ...bounds([1]).map((each) => ({ ...each, line: { color: colours().faint, width: 1, dash: "dash" } }))],
    xaxis: { type: "category" }, yaxis: { title: { text: "share of the target's own" }, range: [-0.25, 1.35] } } };
}

function seeds() {
  const { name, seed, value, holds } = shown.data.seeds, labels = seed.map(String);
  const known = value.filter((each) => each !== null), top = known.length ? Math.max(...known) : 1;
  const traces = [[true, "holds", 0], [false, "fails", 1]].map(([is, word, place]) => ({ mode: "markers", name: word,
    x: labels.filter((_, at) => holds[at] === is), y: value.filter((_, at) => holds[at] === is).map((each) => each ?? top * 1.1),
    text: value.filter((_, at) => holds[at] === is).map((each) => each === null ? "never" : number(each)), hovertemplate: "seed %{x}: %{text}",
    marker: { color: setting(place), size: 8, symbol: value.filter((_, at) => holds[at] === is).map((each) => each === null ? "triangle-up" : place ? "x" : "circle") } }));
  const never = value.length - known.length;
  return { heading: `every seed: ${name || "no number"}${never ? ` (triangles: ${never} never)` : ""}`, traces,
    layout: { showlegend: true, xaxis: { title: { text: "seed" }, type: "category", nticks: 12 }, yaxis: { title: { text: name } } } };
}

function numbers() {
  const { curves, films } = shown.arms[0], wide = curves.target.every((value) => value > 0);
  const traces = [{ x: curves.positions, y: curves.target, name: "claimed", mode: "markers", marker: { size: 11, symbol: "circle-open", color: setting(1) } },
    ...films.map((film, at) => ({ x: curves.positions, y: film.fits.at(-1), name: "computed", showlegend: at === 0, mode: "markers", marker: { size: 6, color: setting(0) } }))];
  return { heading: "computed and claimed numbers", traces, layout: { showlegend: true, xaxis: { title: { text: shown.data.x } },
    yaxis: { title: { text: "value" }, ...(wide ? { type: "log", ...ticks(curves.target) } : {}) } } };
}

function slope() {
  const { dots, last: end, below } = shown.data, traces = [];
  for (const [fitted, name, place] of [[true, "in the fit", 0], [false, "not in the fit", 1]]) {
    const flat = dots.filter((dot) => dot.fitted === fitted).flatMap((dot) => dot.epochs.map((value) => [dot.k, value]));
    traces.push({ mode: "markers", name, x: flat.map((dot) => dot[0]), y: flat.map((dot) => dot[1] ?? end),
      text: flat.map((dot) => dot[1] === null ? "never" : ""), marker: { size: 6, opacity: 0.6, color: setting(place),
        symbol: flat.map((dot) => dot[1] === null ? "triangle-up" : "circle") } });
  }
  const looks = { low: ["faint", "solid"], high: ["faint", "solid"], fitted: ["ink", "solid"], stated: ["threshold", "dash"], theory: ["ink", "dot"] };
  for (const { kind, label, x, y } of shown.data.laws) traces.push({ x, y, mode: "lines", name: label, showlegend: kind !== "high",
    line: { color: colours()[looks[kind][0]], dash: looks[kind][1], width: 1.5 } });
  return { heading: "epochs of every seed, by frequency", traces, layout: { showlegend: true,
    xaxis: { title: { text: "wavenumber k" }, type: "log", ...ticks(traces.flatMap((trace) => trace.x)) },
    yaxis: { title: { text: `epochs to MSE < ${number(below)}` }, type: "log", ...ticks(traces.flatMap((trace) => trace.y)) } } };
}

function map() {
  const { cells, x, y, last: end } = shown.data, unique = (name) => [...new Set(cells.map((cell) => cell[name]))].sort((a, b) => a - b);
  const columns = unique("x"), lines = unique("y"), at = (column, line) => cells.find((cell) => cell.x === column && cell.y === line)?.value;
  const values = lines.map((line) => columns.map((column) => at(column, line) ?? null));
  const traces = [{ type: "heatmap", x: columns.map(String), y: lines.map(String), colorscale: facts.scales.YlGnBu, xgap: 3, ygap: 3,
    z: values.map((line) => line.map((value) => value === null ? null : Math.log10(value))), customdata: values,
    text: values.map((line) => line.map((value) => value === null ? "" : number(value))), texttemplate: "%{text}", showscale: false, hoverongaps: false }];
  const absent = cells.filter((cell) => cell.value === null).map((cell) => ({ x: columns.indexOf(cell.x), y: lines.indexOf(cell.y), text: `not in ${end}`, showarrow: false, font: { size: 10 } }));
  return { heading: "epochs that each setting takes (medians)", traces, layout: { annotations: absent,
    xaxis: { title: { text: x }, type: "category", showgrid: false }, yaxis: { title: { text: y }, type: "category", showgrid: false } } };
}

// ---- the same as tables --------------------------------------------------------------------

function tables() {
  const made = [["at", "The numbers at this epoch, as a table"], ["over", "The learning curves as a table"]];
  return made.map(([name, words]) => {
    const box = document.createElement("details");
    box.id = `table-${name}`;
    box.innerHTML = `<summary>${words}</summary><div class="wide"></div>`;
    box.addEventListener("toggle", () => box.open && fill(box));
    return box;
  });
}

function fill(box) {
  if (!shown) return;
  const heads = [], columns = [];
  const column = (head, values) => { heads.push(head); columns.push(values); };
  if (box.id === "table-at") {
    for (const panel of shown.panels.filter((each) => ["net", "error", "components"].includes(each.name))) {
      for (const trace of panel.node.data.filter((each) => each.type !== "heatmap")) {
        column(panel.name === "components" ? "component" : "position", trace.x);
        column(`${trace.name}${panel.name === "net" ? "" : `, ${panel.name}`}`, trace.y);
      }
    }
  } else {
    for (const arm of shown.arms) for (const { name, epochs, rows: values } of series(arm)) {
      column("epoch", epochs);
      values.forEach((row, at) => column(`${shown.arms.length > 1 ? `${arm.name}, ` : ""}${name}, seed ${arm.curves.seeds[at]}`, row));
    }
  }
  const table = document.createElement("table");
  table.createCaption().textContent = box.id === "table-at" ? `Epoch ${epoch()}` : "Every epoch that is kept";
  const head = table.createTHead().insertRow();
  for (const text of heads) head.append(Object.assign(document.createElement("th"), { textContent: text, scope: "col" }));
  const body = table.createTBody();
  for (let at = 0; at < Math.max(...columns.map((each) => each.length)); at += 1) {
    const row = body.insertRow();
    for (const values of columns) row.insertCell().textContent = typeof values[at] === "string" ? values[at] : number(values[at]);
  }
  find("div", box).replaceChildren(table);
}

// ---- events --------------------------------------------------------------------------------

find("#filters").addEventListener("submit", (event) => event.preventDefault());
find("#filters").addEventListener("input", changed);
find("#filters").addEventListener("reset", () => setTimeout(changed));
find("#clear").addEventListener("click", () => find("#filters").reset());
window.addEventListener("hashchange", () => { stop(); route(); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = ["INPUT", "SELECT"].includes(event.target.tagName) && event.target.type !== "range";
  if (event.key === "Escape" && !view.hidden) location.hash = address();
  else if (typing) return;
  else if (event.key === "/") { event.preventDefault(); if (!view.hidden) location.hash = address(); setTimeout(() => search.focus()); }
  else if (event.key === "[" || event.key === "]") find(event.key === "[" ? ".before:not([hidden])" : ".after:not([hidden])", view)?.click();
});
find("#theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  if (shown) move();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown && move());
route();
