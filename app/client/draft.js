// Saves the form of /new or /objectives/new while a person types, and says so.
import { fetchPage, show } from "./page.js";

/** How long a person must pause before the form is saved. */
const PAUSE = 800;

let timer;

export function keepDrafts() {
  for (const event of ["input", "change"]) document.addEventListener(event, typed);
  // The form's own buttons save it: nothing is saved beside them.
  document.addEventListener("submit", () => clearTimeout(timer), true);
}

function typed(event) {
  const form = event.target.closest?.("form[data-draft]");
  if (!form || form.dataset.sending !== undefined) return;
  clearTimeout(timer);
  timer = setTimeout(() => save(form), PAUSE);
}

async function save(form) {
  const state = form.querySelector(".draft-state");
  state.textContent = "Saving the draft";
  try {
    const answer = await fetch(form.dataset.draft || "/do/save-draft", {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: "application/json" },
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
