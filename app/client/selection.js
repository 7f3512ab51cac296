// Selecting rows: the count, and every row of the page at once. The boxes themselves are a form.
import { announce } from "./say.js";

const boxes = () => [...document.querySelectorAll(".plans .cell-select input[form]")];

export function countSelection() {
  let last;
  document.addEventListener("change", (event) => {
    if (!event.target.closest?.(".cell-select")) return;
    if (event.target.id === "select-all") for (const box of boxes()) box.checked = event.target.checked;
    else if (last && event.target.dataset.range !== undefined) range(last, event.target);
    last = event.target;
    tell();
  });
  // With Shift, everything between this box and the last one becomes like this one.
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".cell-select input[form]")) return;
    if (event.shiftKey) event.target.dataset.range = "";
    else delete event.target.dataset.range;
  }, true);
}

function range(from, to) {
  const all = boxes();
  const ends = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  if (ends[0] >= 0) for (const box of all.slice(ends[0], ends[1] + 1)) box.checked = to.checked;
}

/** Says how many rows are selected. */
function tell() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const words = `${count} ${count === 1 ? "plan" : "plans"} selected`;
  const place = document.getElementById("selected");
  if (place) place.textContent = words;
  announce(words);
  const every = document.getElementById("select-all");
  if (every) {
    every.checked = count > 0 && count === all.length;
    every.indeterminate = count > 0 && count < all.length;
  }
}

/** After an action nothing is selected. */
export function clearSelection() {
  for (const box of boxes()) box.checked = false;
  tell();
}
