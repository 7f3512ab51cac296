// Words for the person: shown at the bottom for a while, or only read out by a screen reader.

function region(className) {
  const element = document.createElement("div");
  element.className = className;
  element.setAttribute("role", "status");
  document.body.append(element);
  return element;
}

const shown = region("live-state");
const spoken = region("sr");
let timer;

/** Shows words; they go after four seconds unless `stay` is set. */
export function say(words, stay = false) {
  clearTimeout(timer);
  shown.textContent = words;
  if (!stay) timer = setTimeout(() => (shown.textContent = ""), 4000);
}

/** Takes the words away. */
export function hush() {
  clearTimeout(timer);
  shown.textContent = "";
}

/** Has words read out politely. */
export function announce(words) {
  spoken.textContent = words;
}
