// Keeps a page fresh without flicker: every few seconds it fetches itself and changes what differs,
// in place, so that focus, scroll position, open details and typed text stay. Without it the page
// works as well, and loads itself anew now and then.
"use strict";
(() => {
  const EVERY_MS = 5000;
  const LATE_MS = 12000; // an answer that is older than this is said to be
  const lost = document.getElementById("lost");
  let answered = new Date();
  let asking = 0; // of the newest question
  let waiting = false; // for the answer to it

  function morph(old, fresh) {
    for (const { name, value } of [...fresh.attributes])
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes])
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS"))
        old.removeAttribute(name);
    const keyed = new Map([...old.children].filter((e) => e.dataset.key).map((e) => [e.dataset.key, e]));
    let at = old.firstChild;
    for (const node of [...fresh.childNodes]) {
      const key = node.nodeType === Node.ELEMENT_NODE ? node.dataset.key : undefined;
      const known = key === undefined ? at : keyed.get(key);
      if (known && known.nodeName === node.nodeName && (known.dataset?.key) === key) {
        if (known !== at) old.insertBefore(known, at);
        else at = at.nextSibling;
        if (node.nodeType === Node.ELEMENT_NODE) morph(known, node);
        else if (known.nodeValue !== node.nodeValue) known.nodeValue = node.nodeValue;
      } else {
        old.insertBefore(document.importNode(node, true), at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function sayLost() {
    const since = answered.toISOString().slice(11, 19);
    const words = `No answer from Driftwatch since ${since} UTC: everything below is as it was then.`;
    if (lost.textContent !== words) lost.textContent = words;
    lost.hidden = false;
    document.body.dataset.lost = "";
    document.title = "No answer: Driftwatch";
  }

  function show(next) {
    // Moving a row takes the focus off what is in it.
    const focused = document.activeElement;
    for (const fresh of next.querySelectorAll("[data-live]")) {
      const old = document.getElementById(fresh.id);
      if (old) morph(old, fresh);
    }
    if (focused !== document.activeElement && document.contains(focused))
      focused.focus({ preventScroll: true });
    document.title = next.title;
  }

  async function refresh() {
    const mine = ++asking;
    waiting = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(15000) });
      const text = await answer.text();
      if (mine !== asking) return; // something newer was asked for
      if (!answer.ok) throw new Error(`it answers ${answer.status}`);
      show(new DOMParser().parseFromString(text, "text/html"));
      answered = new Date();
      lost.hidden = true;
      delete document.body.dataset.lost;
    } catch (problem) {
      if (mine === asking) sayLost();
    } finally {
      if (mine === asking) waiting = false;
    }
  }

  function tick() {
    if (document.hidden) return;
    if (new Date() - answered > LATE_MS) sayLost(); // it hangs, which is no error yet
    if (!waiting) refresh();
  }

  const form = document.getElementById("filter");
  let soon;

  function narrow() {
    clearTimeout(soon);
    const asked = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(asked).toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    refresh();
  }

  form?.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(narrow, 200);
  });
  form?.addEventListener("submit", (event) => {
    event.preventDefault(); // or the page would be loaded beside what is fetched here
    narrow();
  });
  setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || waiting || refresh());
})();
