// Keeps times fresh, by the rules of app/src/components/words.rs.

const units = [
  [365 * 86400, "year"],
  [30 * 86400, "month"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

export function relative(at, now) {
  const away = Math.abs(now - at) / 1000;
  if (away < 10) return "now";
  const [size, unit] = units.find(([size]) => away >= size);
  const count = Math.floor(away / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return at > now ? `in ${words}` : `${words} ago`;
}

export function span(millis) {
  const seconds = Math.floor(Math.max(millis, 0) / 1000);
  const two = (big, bigUnit, small, smallUnit) => `${big} ${bigUnit}${small ? ` ${small} ${smallUnit}` : ""}`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 86400) return two(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
  return two(Math.floor(seconds / 86400), "d", Math.floor((seconds % 86400) / 3600), "h");
}

export function keepTimesFresh() {
  const put = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };
  setInterval(() => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-relative]")) put(time, relative(Date.parse(time.dateTime), now));
    for (const time of document.querySelectorAll("time[data-until]")) put(time, span(Date.parse(time.dateTime) - now));
    for (const place of document.querySelectorAll("[data-since]")) put(place, span(now - Date.parse(place.dataset.since)));
  }, 1000);
}
