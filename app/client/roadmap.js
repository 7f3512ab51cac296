// The picture of a roadmap: arrow keys along its edges, selection with the space bar, zoom. The picture is
// made of links, so without this it can still be used.
import { visit } from "./page.js";

const cards = () => [...document.querySelectorAll("#roadmap .card")];
const card = (id) => cards().find((one) => one.dataset.node === id);
const needs = (one) => one.dataset.needs.split(" ").filter(Boolean);
let zoom = 1;

export function followRoadmap() {
  prepare();
  document.addEventListener("shown", prepare);
  document.addEventListener("keydown", (event) => {
    const one = event.target.closest?.(".card");
    if (!one || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      pick(one);
      return;
    }
    const next = neighbour(one, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  document.addEventListener("focusin", (event) => {
    const one = event.target.closest?.(".card");
    if (!one) return light(null);
    cards().forEach((other) => other.setAttribute("tabindex", other === one ? "0" : "-1"));
    light(one);
  });
  document.addEventListener("pointerover", (event) => {
    if (event.target.closest?.(".roadmap-picture")) light(event.target.closest(".card"));
  });
  document.addEventListener("click", (event) => {
    const way = event.target.closest?.("[data-zoom]")?.dataset.zoom;
    if (way) return change(way);
    const link = event.target.closest?.("main.objective a");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    const to = new URL(link.getAttribute("href"), location.href);
    if (to.origin !== location.origin || to.pathname !== location.pathname || to.hash) return;
    event.preventDefault();
    history.pushState(null, "", to.pathname + to.search);
    visit(to.href);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("input[data-pick]")) prepare();
  });
}

/** Marks what is picked and lets the tab key stop once at the picture; after every change of the page. */
function prepare() {
  const all = cards();
  if (all.length === 0) return;
  const current = all.find((one) => one === document.activeElement) ?? all.find((one) => one.hasAttribute("aria-current")) ?? all[0];
  for (const one of all) {
    one.setAttribute("tabindex", one === current ? "0" : "-1");
    one.classList.toggle("is-picked", box(one)?.checked ?? false);
  }
}

function box(one) {
  return document.getElementById(`pick-${one.dataset.node}`);
}

function pick(one) {
  const input = box(one);
  if (!input) return;
  input.checked = !input.checked;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The card that an arrow key leads to: along the edges where there are some, else beside or below. */
function neighbour(one, key) {
  const all = cards();
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  const at = middle(one);
  const far = (other) => Math.abs(middle(other).x - at.x) + Math.abs(middle(other).y - at.y);
  const nearest = (list) => list.filter((other) => other && other !== one).sort((a, b) => far(a) - far(b))[0];
  const after = all.filter((other) => needs(other).includes(one.dataset.node));
  const before = needs(one).map(card);
  const column = (other) => Math.abs(middle(other).x - at.x) < at.width / 2;
  switch (key) {
    case "ArrowRight":
      return nearest(after) ?? nearest(all.filter((other) => middle(other).x > at.x + at.width / 2));
    case "ArrowLeft":
      return nearest(before) ?? nearest(all.filter((other) => middle(other).x < at.x - at.width / 2));
    case "ArrowDown":
      return nearest(all.filter((other) => column(other) && middle(other).y > at.y + 1));
    case "ArrowUp":
      return nearest(all.filter((other) => column(other) && middle(other).y < at.y - 1));
    default:
      return undefined;
  }
}

function middle(one) {
  const place = one.querySelector(".card-box").getBoundingClientRect();
  return { x: place.x + place.width / 2, y: place.y + place.height / 2, width: place.width };
}

/** Lights up what leads to a card one way, and what it leads to the other way. */
function light(one) {
  for (const curve of document.querySelectorAll(".curve")) curve.classList.remove("before", "after");
  if (!one) return;
  walk(one.dataset.node, "to", "from", "before");
  walk(one.dataset.node, "from", "to", "after");
}

function walk(start, near, far, mark) {
  const curves = [...document.querySelectorAll(".curve")];
  const seen = new Set([start]);
  const open = [start];
  while (open.length > 0) {
    const at = open.pop();
    for (const curve of curves) {
      if (curve.dataset[near] !== at) continue;
      curve.classList.add(mark);
      if (seen.has(curve.dataset[far])) continue;
      seen.add(curve.dataset[far]);
      open.push(curve.dataset[far]);
    }
  }
}

function change(way) {
  const picture = document.querySelector(".roadmap-picture");
  const room = document.getElementById("roadmap");
  if (!picture || !room) return;
  const fit = Math.min(room.clientWidth / Number(picture.dataset.width), 640 / Number(picture.dataset.height), 1);
  const next = { in: zoom * 1.25, out: zoom / 1.25, full: 1, fit }[way];
  zoom = Math.min(Math.max(next, 0.05), 3);
  // On the root, where no change of the page takes it away.
  document.documentElement.style.setProperty("--roadmap-zoom", String(zoom));
}
