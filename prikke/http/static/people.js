// The account: the zone that the browser is in, offered as a choice.
"use strict";

const offer = document.querySelector("[data-own-zone]");
const zone = document.querySelector("[data-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (offer && zone && own && own !== zone.value) {
  const button = offer.querySelector("button");
  button.textContent = own;
  button.addEventListener("click", () => { zone.value = own; zone.focus(); });
  offer.hidden = false;
}
