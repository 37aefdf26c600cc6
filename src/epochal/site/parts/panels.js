// The panels of a claim: each gives a heading, traces and a layout for the epoch of the slider.

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
function bounds(values) {
  return values.map((value) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value,
    line: { color: colours().threshold, width: 1.5 } }));
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
