// A claim: its texts, its slider, and its plots as tables.

let shown = null;

async function show(id) {
  const data = JSON.parse(await unpacked(`claim:${id}`));
  if (location.hash !== `#${id}`) return;
  forget();
  list.hidden = true;
  view.hidden = false;
  view.innerHTML = data.html; // made by a template that escapes every text
  document.title = `${id} · epochal`;
  neighbours(id);
  window.scrollTo(0, 0);
  view.focus({ preventScroll: true });
  if (data.views.length > 1) view.querySelector("#plots").before(choice(id, data.views));
  if (data.views.length) await draw(id, data.views[0]);
  view.dataset.ready = id;
}

// Frees the plots that are shown.
function forget() {
  stop();
  for (const panel of shown?.panels ?? []) Plotly.purge(panel.node);
  shown = null;
}

function failed(error) {
  list.hidden = true;
  view.hidden = false;
  view.textContent = `This claim cannot be shown (${error.message}). It needs a browser of 2023 or later.`;
  throw error;
}

// Of several verdicts, which one the plots show.
function choice(id, views) {
  const label = Object.assign(document.createElement("label"), { textContent: "plots of the verdict on " });
  const select = document.createElement("select");
  select.id = "where";
  select.append(...views.map((each, at) => new Option(each.where, at)));
  select.addEventListener("change", () => { forget(); draw(id, views[select.value]); });
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

function route() {
  const hash = location.hash.slice(1);
  delete view.dataset.ready;
  if (rows.some((row) => row.dataset.id === hash)) return show(hash).catch(failed);
  forget();
  const asked = new URLSearchParams(hash.slice(1));
  search.value = asked.get("text") ?? "";
  for (const each of filters) each.value = asked.get(each.dataset.filter) ?? "";
  filter();
  view.hidden = true;
  list.hidden = false;
  document.title = title;
}

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
    const horizon = data.horizons?.[name] ?? 0;
    const far = (curves.films ?? []).filter((film) => film.epochs.at(-1) >= horizon);
    const films = far.length ? await Promise.all(far.map((film) => filmed(film, horizon))) : stills(curves);
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
  if (shown.at === shown.stops.length - 1) { find("#epoch").value = 0; to(0); }
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
