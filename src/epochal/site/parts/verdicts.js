// The table of verdicts and its filters.

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
