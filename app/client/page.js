// Puts a page that the server rendered into the document, keeping what the person is doing: focus,
// typed text, folded and unfolded parts, and islands that have not changed.
import { Idiomorph } from "idiomorph";
import { announce } from "./say.js";

const touched = new WeakSet();
let address = location.pathname + location.search;

/** Remembers which parts the person folded or unfolded; those are left as they are. */
export function rememberFolds() {
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("summary")?.parentElement;
    if (details) touched.add(details);
  });
}

/** Lets the server decide again about the folds around an element. */
export function forgetFolds(element) {
  for (let at = element; at; at = at.parentElement) touched.delete(at);
}

/** Fetches a page. Answers its `main`, title and address, or throws when it is not a page. */
export async function fetchPage(url, options = {}) {
  const headers = { accept: "text/html" };
  const answer = await fetch(url, { ...options, headers, credentials: "same-origin" });
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) throw new Error(`no page in the answer ${answer.status}`);
  return { page, main, status: answer.status, url: new URL(answer.url) };
}

/**
 * Shows a fetched page. `mode` is "background" for a live update, "answer" for the answer to a form,
 * "visit" for going somewhere.
 */
export function show({ page, main, url }, mode) {
  const moved = url.pathname !== location.pathname;
  const target = url.pathname + url.search;
  // The page of a dispatch becomes the plan's page: the same thing under its final name.
  const renamed = moved && mode === "background";
  if (target !== location.pathname + location.search) {
    if (moved && mode === "answer") history.pushState(null, "", target);
    else if (mode !== "visit") history.replaceState(null, "", target + (moved ? "" : location.hash));
  }
  address = target;
  document.title = page.title;
  const old = document.querySelector("main");
  const before = old.dataset.phase;
  if (mode === "background") keepOrder(old, main);
  if (moved && !renamed) {
    old.replaceWith(document.adoptNode(main));
    wake(document.querySelector("main"));
    morph(document.querySelector("header.top"), page.querySelector("header.top"), mode);
  } else {
    morph(old, main, mode);
  }
  const now = document.querySelector("main");
  if (before && now.dataset.phase && now.dataset.phase !== before) {
    announce(`Now ${now.querySelector("[aria-current=step] .stage-name")?.textContent.trim() ?? now.dataset.phase}.`);
  }
  document.dispatchEvent(new Event("shown"));
  if (mode !== "background") arrive(now, moved);
}

/** Puts the focus where reading goes on. */
function arrive(main, moved) {
  const place = main.querySelector("[autofocus]") ?? main.querySelector("[data-arrive]");
  if (place) {
    place.focus();
    place.scrollIntoView({ block: "nearest" });
  } else if (moved) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function morph(old, fresh, mode) {
  if (!old || !fresh) return;
  const replaced = [];
  Idiomorph.morph(old, fresh, {
    morphStyle: "outerHTML",
    restoreFocus: true,
    callbacks: {
      beforeNodeMorphed(from, to) {
        if (from.localName === "leptos-island") {
          if (from.dataset.props !== to.dataset?.props || from.dataset.component !== to.dataset?.component) {
            const next = document.adoptNode(to.cloneNode(true));
            from.replaceWith(next);
            replaced.push(next);
          }
          return false;
        }
        if (mode === "background" && from instanceof Element && kept(from)) return false;
        return true;
      },
      beforeAttributeUpdated(name, element) {
        if (name === "open" && element.localName === "details" && touched.has(element)) return false;
        return true;
      },
      afterNodeAdded(node) {
        if (mode !== "background" || !(node instanceof Element)) return;
        if (node.matches("li, tr")) node.classList.add("fresh");
      },
    },
  });
  for (const island of replaced) wakeOne(island);
}

/** Whether a live update must leave an element alone: the person is at it. */
function kept(element) {
  if (element.matches("[data-keep-open][open]")) return true;
  if (element === document.activeElement && element.matches("input, textarea, select")) return true;
  return dirty(element);
}

/** Whether the person has changed a field since it was rendered. */
function dirty(element) {
  if (element.localName === "textarea") return element.value !== element.defaultValue;
  if (element.localName !== "input") return false;
  if (element.type === "checkbox" || element.type === "radio") return element.checked !== element.defaultChecked;
  return element.type !== "hidden" && element.value !== element.defaultValue;
}

function wake(root) {
  for (const island of root.querySelectorAll("leptos-island")) wakeOne(island);
}

function wakeOne(island) {
  // Before the islands' code has loaded there is nothing to do: it wakes every island it finds.
  window.__hydrateIsland?.(island, island.dataset.component);
}

/**
 * Live updates move no row of the table: those on screen stay where they are, also when they no longer
 * belong to the view, and new ones gather behind a button until they are asked for. What needs the person
 * is shown at once.
 */
function keepOrder(old, fresh) {
  const { added, gone } = hold(old.querySelector("#plans tbody"), fresh.querySelector("#plans tbody"));
  if (added + gone === 0) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "new-rows";
  button.id = "new-rows";
  button.textContent = [added && `${added} new`, gone && `${gone} no longer here`].filter(Boolean).join(", ");
  fresh.querySelector("#plans").before(button);
}

/** Keeps the items of a list in their order on screen. Answers how many came and went. */
function hold(shown, next) {
  if (!shown || !next) return { added: 0, gone: 0 };
  const came = new Map([...next.children].map((item) => [item.id, item]));
  let gone = 0;
  for (const item of shown.children) {
    let known = came.get(item.id);
    if (!known) {
      known = item.cloneNode(true);
      known.classList.add("gone");
      gone += 1;
    }
    came.delete(item.id);
    next.append(known);
  }
  for (const item of came.values()) item.remove();
  return { added: came.size, gone };
}

/** Goes to an address of this site without loading the document again. */
export async function visit(url) {
  try {
    show(await fetchPage(url), "visit");
  } catch {
    location.assign(url);
  }
}

/** Back and forward show what their address says. */
export function followHistory() {
  addEventListener("popstate", () => {
    if (location.pathname + location.search === address) return;
    address = location.pathname + location.search;
    const old = document.querySelector("main");
    fetchPage(location.href).then(
      (found) => {
        document.title = found.page.title;
        old.replaceWith(document.adoptNode(found.main));
        wake(document.querySelector("main"));
        document.querySelector("main").focus({ preventScroll: true });
      },
      () => location.reload(),
    );
  });
}
