// What every page has on top of plain HTML: menus that close, times that move on, copies, questions before a deed.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Menus: one open at a time; Escape and a click elsewhere close them.
function closeMenus(but) {
  for (const menu of all("details[data-menu][open]")) {
    if (menu !== but) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  closeMenus();
  open?.querySelector("summary").focus();
});

// Times: "5 s ago" goes on counting, by the clock of the server, which our own may be off from.
const units = [[1, "s", 59.5], [60, "min", 3570], [3600, "h", 84600], [86400, "d", Infinity]];

function lengthOf(seconds) {
  const [size, unit] = units.find(([, , beyond]) => seconds < beyond);
  return `${Math.round(seconds / size)} ${unit}`;
}

function ago(instant, now) {
  const seconds = (now - instant) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `${lengthOf(seconds)} ago` : `in ${lengthOf(-seconds)}`;
}

const ahead = document.body.dataset.clock ? Date.parse(document.body.dataset.clock) - Date.now() : 0;

function tellTimes() {
  for (const time of all("time.when")) {
    const words = ago(Date.parse(time.dateTime), Date.now() + ahead);
    if (time.textContent !== words) time.textContent = words;
  }
}

setInterval(tellTimes, 1000);

// Copies: a button that says what became of it.
function offerCopies(within = document) {
  for (const button of all("[data-copy]", within)) {
    if (navigator.clipboard) button.hidden = false;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => { button.textContent = word; }, 2000);
});

// Questions before a deed, and no deed twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", ({ persisted }) => {
  all("form[data-sent]").forEach((form) => delete form.dataset.sent);
  if (!persisted) return;
  all("button[aria-busy], a[aria-busy]").forEach((each) => each.removeAttribute("aria-busy"));
  // Who comes back to a page and does it again means it.
  all("form input[name=once]").forEach((field) => { field.value += "+"; });
});

// What was pressed shows that the next page is on its way.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const pressed = event.submitter?.matches(".hidden") ? null : event.submitter;
  (pressed ?? event.target.querySelector("button:not(.hidden)"))?.setAttribute("aria-busy", "true");
});

// A notice is said once: a reload of the page does not say it again.
if (document.querySelector("[data-notice]")) {
  const here = new URL(location.href);
  here.searchParams.delete("notice");
  here.searchParams.delete("subject");
  history.replaceState(null, "", here);
}

// Forms that are sent as soon as a choice is made.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// One box for all.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches?.("[data-check-all]")) return;
  for (const other of all(`input[type=checkbox][name="${box.dataset.checkAll}"]`)) other.checked = box.checked;
});

// The next page of a list, appended to this one; without script the link leads there.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-more]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  document.querySelector("[data-more-nav] [role=status]").textContent = "Loading …";
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = [...next.querySelector("[data-rows]").children];
    document.querySelector("[data-rows]").append(...rows);
    document.querySelector("[data-more-nav]").replaceWith(next.querySelector("[data-more-nav]"));
    rows[0]?.querySelector("a, input, button")?.focus();
    offerCopies();
    tellTimes();
  } catch {
    location.assign(link.href);
  }
});

// On a phone the tabs scroll; the one that is open is in sight.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

document.querySelector("[data-focus]")?.focus();
offerCopies();
tellTimes();
window.prikke = { all, offerCopies, tellTimes };
