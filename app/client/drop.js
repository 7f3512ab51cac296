// A Markdown file that is dropped on a text area becomes its text; the button that the area names is then pressed.

/** Longer files are no plans. */
const MOST_BYTES = 1_000_000;

export function takeFiles() {
  document.addEventListener("dragover", (event) => {
    if (area(event) && event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", async (event) => {
    const target = area(event);
    const file = event.dataTransfer?.files[0];
    if (!target || !file) return;
    event.preventDefault();
    if (file.size > MOST_BYTES) return;
    target.value = await file.text();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    document.getElementById(target.dataset.drop)?.click();
  });
}

function area(event) {
  return event.target.closest?.("textarea[data-drop]");
}
