"use strict";
// What all other scripts use: the parts of the page, and what is packed in it.

const find = (query, at = document) => at.querySelector(query);
const facts = JSON.parse(find("#facts").textContent);
const rows = [...document.querySelectorAll("#claims tbody tr")];
const list = find("#list"), view = find("#claim"), title = document.title;

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

// The predictions of a film up to an epoch: see epochal.judging.films.
async function filmed(film, horizon) {
  const both = await inflate(film.packed, "deflate");
  const size = both.length / 2, width = size / film.epochs.length, sums = new Uint16Array(width);
  const fits = film.epochs.map((_, frame) => Array.from({ length: width }, (_, place) => {
    const at = frame * width + place;
    sums[place] += both[at] | both[size + at] << 8;
    const steps = sums[place] << 16 >> 16;
    return steps === -32768 ? null : steps * film.unit;
  }));
  const count = last(film.epochs, horizon) + 1, cut = (values) => values.slice(0, count);
  return { ...film, epochs: cut(film.epochs), mse: cut(film.mse), shares: film.shares.map(cut), fits: cut(fits) };
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
