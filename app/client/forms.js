// Sends the forms of commands without loading a page: the same request, and the same answer put in.
import { fetchPage, forgetFolds, show } from "./page.js";
import { clearSelection } from "./selection.js";
import { hush, say } from "./say.js";

export function sendForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const action = new URL(button?.hasAttribute("formaction") ? button.formAction : form.action, location.href);
    if (event.defaultPrevented || form.method !== "post" || !action.pathname.startsWith("/do/")) return;
    event.preventDefault();
    if (form.dataset.sending === undefined) send(form, button, action);
  });
}

async function send(form, button, action) {
  const body = new URLSearchParams(new FormData(form, button));
  form.dataset.sending = "";
  button?.setAttribute("aria-busy", "true");
  const began = Date.now();
  const doing = button?.dataset.busy ?? "Waiting for the answer";
  const clock = setInterval(() => say(`${doing}: ${Math.round((Date.now() - began) / 1000)} s`, true), 1000);
  try {
    const answer = await fetchPage(action, { method: "POST", body });
    hush();
    if (answer.main.dataset.refused !== undefined) {
      // Nothing was taken: the form stays as it is, with everything that was typed.
      say(answer.main.querySelector("[role=alert]").textContent, true);
      return;
    }
    forgetFolds(form);
    show(answer, "answer");
    if (form.id === "selection") clearSelection();
  } catch {
    say("Waymark could not be reached. What you typed is still here: try again.", true);
  } finally {
    clearInterval(clock);
    delete form.dataset.sending;
    button?.removeAttribute("aria-busy");
  }
}
