// Saves the form of /new or /objectives/new while a person types, and says so.
import { fetchPage, show } from "./page.js";

/** How long a person must pause before the form is saved, and how long one who never pauses waits for it. */
const PAUSE = 800;
const LONGEST = 4000;

let timer;
/** The form with what is not saved yet, and since when. */
let unsaved;
let since = 0;

export function keepDrafts() {
  for (const event of ["input", "change"]) document.addEventListener(event, typed);
  // The form's own buttons save it: nothing is saved beside them.
  document.addEventListener("submit", settled, true);
  // Whoever leaves or reloads loses nothing: the browser sends it after the page is gone.
  addEventListener("pagehide", () => {
    if (unsaved?.isConnected) save(unsaved, true);
  });
}

function settled() {
  clearTimeout(timer);
  unsaved = undefined;
}

function typed(event) {
  const form = event.target.closest?.("form[data-draft]");
  if (!form || form.dataset.sending !== undefined) return;
  clearTimeout(timer);
  if (unsaved !== form) since = Date.now();
  unsaved = form;
  const left = Math.max(0, since + LONGEST - Date.now());
  timer = setTimeout(() => save(form), Math.min(PAUSE, left));
}

async function save(form, leaving = false) {
  settled();
  const state = form.querySelector(".draft-state");
  state.textContent = "Saving the draft";
  try {
    const answer = await fetch(form.dataset.draft || "/do/save-draft", {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: "application/json" },
      keepalive: leaving,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const id = await answer.json();
    form.elements.draft.value = id;
    state.textContent = "Draft saved";
    const here = new URL(location.href);
    const home = form.dataset.page || "/new";
    const page = `${home}?draft=${encodeURIComponent(id)}`;
    if (here.pathname === home && !here.searchParams.has("draft")) history.replaceState(null, "", page);
    if (home !== "/new") return;
    // What that form offers depends on the repository: its templates and branches.
    const repo = form.elements.repo;
    const chosen = repo.value !== repo.defaultValue && repo !== document.activeElement;
    if (here.pathname === home && chosen) show(await fetchPage(page), "background");
  } catch {
    state.textContent = "The draft could not be saved. What you typed stays here; the next change tries again.";
  }
}
