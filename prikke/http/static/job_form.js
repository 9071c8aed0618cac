// The form of a job: the schedule is checked while it is typed, quick picks, a test request and its answer.
"use strict";

const form = document.querySelector("[data-job-form]");
const preview = form.querySelector("[data-preview]");
const checking = new Set(["cron", "every", "scheduled_at", "timezone", "schedule", "key", "body"]);
let waiting, asked;

function sent() {
  const fields = new URLSearchParams(new FormData(form));
  // A test may be sent again from the same page.
  fields.delete("once");
  return { method: "POST", body: fields, headers: { "X-Part": "yes", Accept: "text/html" } };
}

async function check() {
  asked?.abort();
  const mine = (asked = new AbortController());
  preview.setAttribute("aria-busy", "true");
  const kind = form.elements.schedule.value;
  const named = { cron: "cron", every: "every", once: "scheduled_at" }[kind];
  try {
    const answer = await fetch("/jobs/check", { ...sent(), signal: mine.signal });
    if (!answer.ok) return;
    const part = document.createElement("div");
    part.innerHTML = await answer.text();
    const broken = part.querySelector("[data-broken-json]").dataset.brokenJson;
    form.querySelector("[data-broken]").hidden = !broken;
    form.querySelector("[data-broken-why]").textContent = broken;
    // Nothing typed yet is no mistake.
    preview.replaceChildren(...(named && !form.elements[named].value.trim() ? [] : part.children));
  } catch (error) {
    if (error.name !== "AbortError") preview.textContent = "This could not be checked just now.";
  } finally {
    if (mine === asked) preview.removeAttribute("aria-busy");
  }
}

form.addEventListener("input", (event) => {
  if (!checking.has(event.target.name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(check, 300);
});

form.querySelector("[data-check]").hidden = true;
form.addEventListener("click", (event) => {
  const pick = event.target.closest("[name=pick]");
  if (!pick) return;
  event.preventDefault();
  form.elements.cron.value = pick.value;
  check();
});

const place = form.querySelector("[data-answer]");
const sender = form.querySelector("[data-test]");
let test;

async function show(answer, mine) {
  const text = await answer.text();
  if (mine !== test) return;
  place.innerHTML = text;
  const shown = place.querySelector("[data-answer-of]");
  if (!shown || "ended" in shown.dataset) {
    sender.removeAttribute("aria-busy");
    return;
  }
  setTimeout(async () => {
    if (mine !== test) return;
    try {
      await show(await fetch(shown.dataset.answerOf, { headers: { "X-Part": "yes", Accept: "text/html" } }), mine);
    } catch {
      place.textContent = "The connection was lost; send the test again.";
      sender.removeAttribute("aria-busy");
    }
  }, 500);
}

sender.addEventListener("click", async (event) => {
  event.preventDefault();
  const mine = (test = Symbol("test"));
  place.textContent = "Sending …";
  sender.setAttribute("aria-busy", "true");
  try {
    await show(await fetch("/jobs/test", sent()), mine);
  } catch {
    place.textContent = "The test could not be sent just now.";
    sender.removeAttribute("aria-busy");
  }
});

if (form.elements.name.value) check();
