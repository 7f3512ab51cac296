// The palette: places, the actions of this page, plans that match, and where a number or address leads.
import { announce } from "./say.js";

const palette = () => document.getElementById("palette");
const input = () => palette().querySelector("input");
const list = () => document.getElementById("palette-options");

let places;
let plans = [];
let asked = 0;
let active = 0;

export function offerPalette() {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#open-palette")) openPalette();
    const option = event.target.closest?.("#palette-options [role=option]");
    if (option) choose(option);
  });
  document.addEventListener("input", (event) => {
    if (event.target !== input()) return;
    active = 0;
    draw();
    search();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== input()) return;
    const options = list().children;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      active = (active + step + options.length) % options.length;
      mark();
    } else if (event.key === "Enter" && options[active]) {
      event.preventDefault();
      choose(options[active]);
    }
  });
}

export function openPalette() {
  if (palette().open) return;
  places ??= [...list().children].map((option) => ({ name: option.textContent, to: option.dataset.to }));
  plans = [];
  active = 0;
  input().value = "";
  palette().showModal();
  input().focus();
  draw();
  search();
}

export function openKeys() {
  const keys = document.getElementById("keys");
  if (!keys.open) keys.showModal();
}

/** Every button of the page that can be pressed now, by its name. */
function actionsOfPage() {
  const found = [{ name: "Show the keys", act: openKeys }];
  for (const element of document.querySelectorAll("main button, main summary.button, main a.button, header form button")) {
    const name = element.getAttribute("aria-label") ?? element.textContent.trim();
    if (!name || element.disabled || element.closest("dialog") || hidden(element)) continue;
    found.push({ name, act: () => press(element) });
  }
  return found;
}

/** What is folded away can be pressed; what is not shown at all cannot. */
function hidden(element) {
  let shown = element;
  for (let at = element; (at = at.parentElement?.closest("details:not([open])")); ) shown = at;
  return !shown.checkVisibility();
}

function press(element) {
  for (let at = element.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  element.focus();
  // What asks first is unfolded and focused; the person presses it.
  if (element.localName !== "summary" && !element.closest(".confirm")) element.click();
}

async function search() {
  const mine = ++asked;
  const text = input().value;
  try {
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const answer = await fetch("/do/find-plans", { method: "POST", headers, body: new URLSearchParams({ text }) });
    const found = answer.ok ? await answer.json() : [];
    if (mine !== asked) return;
    plans = found.map((plan) => ({ name: plan.note, to: plan.value }));
    draw();
  } catch {
    // Without an answer the places and actions are still there.
  }
}

function draw() {
  const typed = input().value.trim();
  const words = typed.toLowerCase().split(/\s+/);
  const fits = ({ name }) => words.every((word) => name.toLowerCase().includes(word));
  const go = typed ? [{ name: `Go to “${typed}”`, to: `/go?to=${encodeURIComponent(typed)}` }] : [];
  const pointer = /^#?\d+$|[/#]|^P?\d+-/.test(typed);
  const found = [...(pointer ? go : []), ...places.filter(fits), ...actionsOfPage().filter(fits), ...plans, ...(pointer ? [] : go)];
  list().replaceChildren(
    ...found.map((entry, index) => {
      const option = document.createElement("li");
      option.id = `palette-${index}`;
      option.setAttribute("role", "option");
      option.textContent = entry.name;
      option.entry = entry;
      return option;
    }),
  );
  active = Math.min(active, found.length - 1);
  mark();
  announce(`${found.length} found`);
}

function mark() {
  [...list().children].forEach((option, index) => option.setAttribute("aria-selected", String(index === active)));
  const chosen = list().children[active];
  if (chosen) input().setAttribute("aria-activedescendant", chosen.id);
  else input().removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function choose(option) {
  const { to, act } = option.entry;
  palette().close();
  if (act) act();
  else if (to) location.assign(to);
}
