// Copies a text with one click.
import { say } from "./say.js";

export function offerCopies() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say("Copied");
    } catch {
      say("The browser did not allow copying. Select the text and copy it.");
    }
  });
}
