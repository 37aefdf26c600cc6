// Events, and the start.

find("#filters").addEventListener("submit", (event) => event.preventDefault());
find("#filters").addEventListener("input", changed);
find("#filters").addEventListener("reset", () => setTimeout(changed));
find("#clear").addEventListener("click", () => find("#filters").reset());
window.addEventListener("hashchange", route);
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
