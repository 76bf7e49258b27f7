// What makes the pages live and handy. They say everything without it.
"use strict";

const PAUSE_MS = 700;
const SPREAD_MS = 600;
const status = document.getElementById("live-state");

function say(text) {
  if (status) {
    status.hidden = false;
    status.textContent = text;
  }
}

// Ask for this very page again and put its live part in the place of the old one. The server has escaped every value.
let underWay = false;
let again = false;
async function refresh() {
  if (underWay || document.hidden) {
    again = true;
    return;
  }
  underWay = true;
  again = false;
  await new Promise((done) => setTimeout(done, PAUSE_MS + Math.random() * SPREAD_MS));
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = there.getElementById("live");
    const old = document.getElementById("live");
    again ||= answer.status === 503;
    if (answer.ok && fresh && old) {
      exchange(old, document.adoptNode(fresh));
    }
  } catch {
    say("Not live: the proxy does not answer");
  }
  underWay = false;
  if (again) {
    refresh();
  }
}

function times(part) {
  return new Map([...part.querySelectorAll("tr[data-group]")].map((row) => [row.dataset.group, row.dataset.times]));
}

// Whoever stands on a link with the keyboard keeps standing on it.
function exchange(old, fresh) {
  const before = times(old);
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const row of fresh.querySelectorAll("tr[data-group]")) {
    if (before.get(row.dataset.group) !== row.dataset.times) {
      row.classList.add("fresh");
    }
  }
  old.replaceWith(fresh);
  if (focused) {
    const same = [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused);
    if (same) {
      same.focus();
    }
  }
}

function listen(address) {
  const stream = new EventSource(address);
  stream.addEventListener("open", () => say("Live"));
  stream.addEventListener("changed", refresh);
  stream.addEventListener("error", () => say("Not live: connecting again"));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && again) {
      refresh();
    }
  });
  addEventListener("pagehide", () => stream.close());
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without HTTPS and away from this machine browsers have no clipboard for pages.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    button.textContent = document.execCommand("copy") ? "Copied" : "Select it by hand";
    field.remove();
    button.focus();
  }
  setTimeout(() => {
    button.textContent = before;
  }, 2000);
}

function addCopyButtons() {
  for (const text of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy second";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(text.textContent, button));
    text.after(button);
  }
  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.hidden = false;
    const text = document.getElementById(button.dataset.copies);
    button.addEventListener("click", () => copy(text.textContent, button));
  }
}

// A link to a place inside something folded opens it first.
function unfold() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let place = target; place; place = place.parentElement) {
    if (place.tagName === "DETAILS" && !place.open) {
      place.open = true;
      target.scrollIntoView();
    }
  }
}

function inWords(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return hours ? `${hours} h ${String(minutes).padStart(2, "0")} min` : `${minutes}:${rest} min`;
}

function addCountdown(place) {
  const key = `why403-changed-${place.dataset.key}`;
  const wait = Number(place.dataset.wait) * 1000;
  const button = document.createElement("button");
  const left = document.createElement("span");
  button.type = "button";
  button.className = "second";
  left.setAttribute("role", "timer");
  button.addEventListener("click", () => {
    localStorage.setItem(key, String(localStorage.getItem(key) ? "" : Date.now()));
    draw();
  });
  function draw() {
    const changed = Number(localStorage.getItem(key));
    const rest = changed ? changed + wait - Date.now() : 0;
    button.textContent = changed ? "Stop" : "I have changed it: count down";
    left.textContent = !changed ? "" : rest > 0 ? `at the latest in ${inWords(rest / 1000)}` : "should count by now; fetch a new token and try again";
  }
  place.append(left, " ", button);
  draw();
  setInterval(draw, 1000);
}

addCopyButtons();
unfold();
addEventListener("hashchange", unfold);
document.querySelectorAll(".countdown").forEach(addCountdown);
const live = document.getElementById("live");
if (live && live.dataset.stream) {
  listen(live.dataset.stream);
} else if (live && live.dataset.every) {
  setInterval(refresh, Number(live.dataset.every) * 1000);
}
