// A picture that cannot be loaded gives way to the icon under it.

export function hideBrokenPictures() {
  document.addEventListener("error", (event) => event.target.matches?.("img.avatar") && event.target.remove(), true);
  for (const picture of document.querySelectorAll("img.avatar")) if (picture.complete && !picture.naturalWidth) picture.remove();
}
