// An open page follows what happens: rows come as the server wrote them, numbers are fetched anew now and then,
// and a lost connection is shown and mended. Details of a row open beside the list.
"use strict";

(() => {
  const { all, offerCopies, tellTimes } = window.prikke;
  const sign = document.querySelector("[data-live-state]");
  const word = document.querySelector("[data-live-word]");
  const place = () => document.querySelector("[data-live]");
  const partsEvery = 5_000;
  let source = null;
  let failures = 0;
  let retry = 0;
  let partsAt = 0;
  let partsTimer = 0;

  function say(state, text) {
    if (!sign) return;
    sign.hidden = false;
    sign.className = `live ${state}`;
    if (word.textContent !== text) word.textContent = text;
  }

  // Rows

  function rowFrom(text) {
    const holder = document.createElement("template");
    holder.innerHTML = text;
    return holder.content.querySelector("tr");
  }

  function put(row) {
    const table = place();
    const rows = table?.querySelector("[data-rows]");
    if (!rows) return;
    const old = rows.querySelector(`[data-execution="${row.dataset.execution}"]`);
    if (old) {
      if (old.dataset.state === row.dataset.state) return;
      const checked = old.querySelector("input")?.checked;
      const focused = old.contains(document.activeElement) ? document.activeElement.className : null;
      old.replaceWith(row);
      const box = row.querySelector("input");
      if (box) box.checked = checked;
      if (focused !== null) row.querySelector(focused ? `.${focused.split(" ")[0]}` : "a")?.focus();
      return;
    }
    // Ids begin with an instant, and the list is in their order, newest first.
    const next = all("[data-execution]", rows).find((other) => other.dataset.execution < row.dataset.execution);
    const most = Number(table.dataset.most);
    if (!next && rows.children.length >= most) return;
    rows.insertBefore(row, next ?? null);
    const last = rows.lastElementChild;
    if (rows.children.length > Math.max(most, table.kept ?? 0) && !last.contains(document.activeElement)) last.remove();
  }

  // Parts: what is counted is asked for again, at most every few seconds.

  async function fetchParts() {
    partsAt = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of all("[data-live-part]")) {
        const other = fresh.querySelector(`[data-live-part="${part.dataset.livePart}"]`);
        const busy = part.contains(document.activeElement) || part.querySelector("details[open]");
        const kept = part.hasAttribute("data-live-until-rows") && part.querySelector("[data-rows]");
        if (!other || busy || kept || part.innerHTML === other.innerHTML) continue;
        part.replaceChildren(...other.childNodes);
      }
      offerCopies();
      tellTimes();
    } catch {
      // The stream says whether the connection is lost.
    }
    if (document.querySelector("[data-live-soon]")) partsSoon(1500);
  }

  // `within`: a page that has no list yet, or misses something, does not wait for its turn.
  function partsSoon(within) {
    if (partsTimer && !within) return;
    clearTimeout(partsTimer);
    const wait = within ?? Math.max(600, partsAt + partsEvery - Date.now());
    partsTimer = setTimeout(() => {
      partsTimer = 0;
      if (!document.hidden) fetchParts();
    }, wait + Math.random() * 300);
  }

  // The stream

  function close() {
    source?.close();
    source = null;
    clearTimeout(retry);
  }

  function open() {
    close();
    const found = place();
    if (!found || document.hidden) return;
    const own = new EventSource(found.dataset.live);
    source = own;
    // Who is quick says "Live" at once; a word in between would only flicker.
    setTimeout(() => source === own && own.readyState === EventSource.CONNECTING && sign?.hidden && say("", "Connecting …"), 800);
    own.onopen = () => {
      // What happened while nobody listened.
      if (failures) fetchParts();
      failures = 0;
      say("on", "Live");
    };
    own.onerror = () => {
      close();
      failures += 1;
      // Streams end now and then, for instance while the server changes; only what lasts is said.
      if (failures > 1) say("lost", "Connection lost, trying again");
      retry = setTimeout(open, Math.min(15_000, 400 * 2 ** failures) * (0.7 + Math.random() * 0.6));
    };
    own.addEventListener("execution", (event) => {
      const row = rowFrom(event.data);
      if (row) put(row);
      const listed = place()?.matches("[data-live-part], :has([data-rows])");
      partsSoon(listed ? undefined : 300);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
    } else {
      open();
      fetchParts();
    }
  });
  window.addEventListener("offline", () => say("lost", "No network"));
  window.addEventListener("online", open);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && open());

  // Details beside the list

  let panel = null;

  function showPanel(href) {
    panel ??= document.body.appendChild(document.createElement("dialog"));
    const content = document.createElement("p");
    content.className = "quiet";
    content.setAttribute("role", "status");
    content.textContent = "Loading …";
    panel.className = "aside";
    panel.setAttribute("aria-label", "Details");
    const bar = document.createElement("div");
    bar.className = "aside-bar";
    const whole = document.createElement("a");
    whole.href = href;
    whole.textContent = "Open as a page";
    const shut = document.createElement("button");
    shut.type = "button";
    shut.className = "plain small";
    shut.textContent = "Close";
    shut.addEventListener("click", () => panel.close());
    bar.append(whole, shut);
    panel.replaceChildren(bar, content);
    panel.addEventListener("click", (event) => event.target === panel && panel.close());
    panel.setAttribute("aria-busy", "true");
    if (!panel.open) panel.showModal();
    return content;
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-panel]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const waiting = showPanel(link.href);
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const content = found.querySelector("[data-panel-content]");
      if (!answer.ok || !content) throw new Error(answer.status);
      // Who closed it, or opened another, waits for this one no more.
      if (!waiting.isConnected || !panel.open) return;
      waiting.replaceWith(content);
      panel.removeAttribute("aria-busy");
      offerCopies(panel);
      tellTimes();
    } catch {
      if (waiting.isConnected && panel.open) location.assign(link.href);
    }
  });

  // Rows that were loaded on wish stay.
  document.addEventListener("click", (event) => {
    const table = place();
    if (event.target.closest("a[data-more]") && table) table.kept = Infinity;
  });

  open();
  if (document.querySelector("[data-live-soon]")) partsSoon(1500);
})();
