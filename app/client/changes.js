// Follows changes: an event names what changed, and the page is fetched again as this person sees it.
import { fetchPage, show } from "./page.js";
import { hush, say } from "./say.js";

/** Events that come close together are answered by one fetch. */
const TOGETHER = 80;
/** What no event told is found after this long. */
const SLOWLY = 60_000;

let waiting;
let busy = false;
let again = false;
let unreachable = false;
/** Something changed that the page shown at that time was not about. */
let unheeded = false;

export function listenForChanges() {
  connect(1000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refreshSoon());
  // It may be what the page that was asked for meanwhile is about.
  document.addEventListener("shown", () => {
    if (unheeded) refreshSoon();
    unheeded = false;
  });
  setInterval(() => document.visibilityState === "visible" && refreshSoon(), SLOWLY);
  document.addEventListener("click", (event) => {
    if (event.target.id !== "new-rows") return;
    event.target.remove();
    fetchPage(location.href).then((found) => show(found, "visit"), () => location.reload());
  });
}

function connect(pause) {
  const stream = new EventSource("/events");
  stream.onopen = () => {
    pause = 1000;
    // What happened while nobody listened.
    refreshSoon();
  };
  const changed = (event) => {
    if (concerns(read(event.data))) refreshSoon();
    else unheeded = true;
  };
  stream.onmessage = changed;
  stream.addEventListener("change", changed);
  stream.addEventListener("resync", () => refreshSoon());
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => connect(Math.min(pause * 2, 60_000)), pause);
  };
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Whether a change is about what this page shows. */
function concerns(change) {
  const shown = document.querySelector("main")?.dataset;
  if (shown?.live === undefined) return false;
  if (!shown.repo || !change.repo) return true;
  if (shown.dispatch && change.dispatch === shown.dispatch) return true;
  if (shown.repo !== change.repo) return false;
  if (change.objective && (shown.plan || shown.objective)) return String(change.objective) === shown.objective;
  return !change.plan || !shown.plan || String(change.plan) === shown.plan;
}

function refreshSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, TOGETHER);
}

async function refresh() {
  if (document.querySelector("main")?.dataset.live === undefined) return;
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const asked = location.pathname + location.search;
  try {
    const found = await fetchPage(asked);
    if (location.pathname + location.search === asked) {
      // The last good data stays when GitHub or Waymark is in trouble.
      if (found.status < 500 && found.status !== 429) show(found, "background");
      if (unreachable) hush();
      unreachable = false;
    }
  } catch {
    unreachable = true;
    say("Waymark cannot be reached. The page shows what was last known.", true);
  } finally {
    busy = false;
    if (again) {
      again = false;
      refreshSoon();
    }
  }
}
