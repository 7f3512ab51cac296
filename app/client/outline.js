// Has a roadmap checked while a person types it: by the server, with the code that checks it on saving.

/** How long a person must pause before it is checked. */
const PAUSE = 500;

let timer;
let asked = 0;

export function checkOutlines() {
  document.addEventListener("input", (event) => {
    const area = event.target.closest?.("textarea[data-check-outline]");
    if (!area) return;
    clearTimeout(timer);
    timer = setTimeout(() => check(area), PAUSE);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-line]");
    const area = document.querySelector("textarea[data-check-outline]");
    if (!link || !area) return;
    event.preventDefault();
    choose(area, Number(link.dataset.line));
  });
}

async function check(area) {
  const mine = ++asked;
  const region = document.getElementById("outline-check");
  try {
    const answer = await fetch("/do/check-outline", {
      method: "POST",
      body: new URLSearchParams({ outline: area.value }),
      headers: { accept: "application/json" },
    });
    if (!answer.ok || mine !== asked) return;
    const parts = new DOMParser().parseFromString(await answer.json(), "text/html").body;
    // What stays the same is not read out again.
    if (parts.textContent.trim() !== region.textContent.trim()) region.replaceChildren(...parts.childNodes);
    area.toggleAttribute("aria-invalid", false);
    if (region.querySelector(".blocking")) area.setAttribute("aria-invalid", "true");
  } catch {
    // Saving checks it again.
  }
}

/** Selects a line of the text. */
function choose(area, line) {
  const lines = area.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
}
