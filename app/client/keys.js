// Keys of every page, and of the rows of the overview. Nothing happens while somebody types.
import { openKeys, openPalette } from "./palette.js";

export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target)) return;
    const act = { "?": openKeys, n: () => location.assign("/new"), "/": search, j: () => step(1), k: () => step(-1), x: select }[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}

/** Whether a key belongs to what has the focus. */
function busy(element) {
  const field = element.closest?.("input, textarea, select, [contenteditable]");
  return Boolean(document.querySelector("dialog[open]")) || (field && !["checkbox", "radio"].includes(field.type));
}

function search() {
  const field = document.getElementById("filter-q");
  if (!field) return false;
  field.focus();
  field.select();
}

const rows = () => [...document.querySelectorAll("#plans tbody tr")];
const here = () => document.activeElement?.closest?.("#plans tbody tr");

/** The focus goes to the row's own link, so that Enter opens it. */
function step(by) {
  const all = rows();
  const at = all.indexOf(here());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.querySelector("th a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function select() {
  const box = here()?.querySelector(".cell-select input");
  if (!box) return false;
  box.click();
}
