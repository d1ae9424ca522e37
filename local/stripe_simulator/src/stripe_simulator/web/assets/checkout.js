// The payment page. Everything here is also done by the server, for a browser without scripts.

export {}; // A module, for type checkers too.

const form = /** @type {HTMLFormElement} */ (document.getElementById("payment-form"));
const button = /** @type {HTMLButtonElement} */ (form.querySelector("button.primary"));
const summary = /** @type {HTMLElement} */ (document.getElementById("form-errors"));
const progress = /** @type {HTMLElement} */ (document.getElementById("form-status"));
/** @type {Record<string, string>} the fields' ids by their names */
const ids = JSON.parse(form.dataset.ids ?? "{}");

/** @typedef {{code: string, message: string}} Mistake */

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement | null} */ (document.getElementById(ids[name] ?? ""));
}

/** @param {string} name  @param {Mistake | null} mistake */
function mark(name, mistake) {
  const input = field(name);
  const error = document.getElementById(`${ids[name]}-error`);
  if (!input || !error) return;
  input.setAttribute("aria-invalid", String(mistake !== null));
  error.hidden = mistake === null;
  error.textContent = mistake?.message ?? "";
  if (mistake) {
    input.setAttribute("aria-describedby", error.id);
    error.dataset.code = mistake.code;
  } else {
    input.removeAttribute("aria-describedby");
    delete error.dataset.code;
  }
}

/** @param {Record<string, Mistake>} mistakes */
function show(mistakes) {
  for (const name of Object.keys(ids)) mark(name, mistakes[name] ?? null);
  const list = document.createElement("ul");
  for (const [name, mistake] of Object.entries(mistakes)) {
    const item = list.appendChild(document.createElement("li"));
    if (field(name)) {
      const link = item.appendChild(document.createElement("a"));
      link.href = `#${ids[name]}`;
      link.textContent = mistake.message;
    } else {
      item.textContent = mistake.message;
    }
  }
  summary.replaceChildren();
  if (list.children.length > 1) {
    summary.appendChild(document.createElement("p")).textContent = "Check these fields:";
  }
  if (list.children.length > 0) summary.append(list);
  Object.keys(mistakes).map(field).find(Boolean)?.focus();
}

/** @param {boolean} busy */
function work(busy) {
  button.disabled = busy;
  form.ariaBusy = String(busy);
  progress.textContent = busy ? "Processing your payment…" : "";
}

// In a frame: the page that the frame is in, and its origin, which alone may read our messages.
const shop = window.parent === window ? undefined : form.dataset.shop;

/** @param {string} url */
function leave(url) {
  if (!shop) {
    window.location.assign(url);
    return;
  }
  window.parent.postMessage({ type: "checkout.complete", url }, shop);
  // The one way to send a page of another origin elsewhere, besides `replace`.
  if (window.top) window.top.location.href = url;
}

if (shop) {
  new ResizeObserver(() => {
    const height = document.documentElement.offsetHeight;
    window.parent.postMessage({ type: "checkout.resize", height }, shop);
  }).observe(document.documentElement);
}

let updates = 0;

// The amounts for what was chosen, without paying.
async function update() {
  updates += 1;
  const number = updates;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  body.set("update", "1");
  const response = await fetch(window.location.pathname, {
    method: "POST",
    headers: { Accept: "application/json" },
    body,
  });
  const rendered = await response.json();
  if (number !== updates) return; // A later choice is on its way.
  if (rendered.closed || rendered.redirect) {
    window.location.reload();
    return;
  }
  const order = new DOMParser().parseFromString(rendered.order, "text/html").querySelector("section");
  if (order) document.querySelector("section.order")?.replaceWith(order);
  button.textContent = rendered.button;
  /** @type {HTMLInputElement} */ (form.elements.namedItem("shown_amount")).value = rendered.amount;
  show(rendered.mistakes);
  const total = document.getElementById("totalAmount")?.textContent ?? "";
  if (Object.keys(rendered.mistakes).length === 0) progress.textContent = `The total is ${total}.`;
}

form.addEventListener("change", (event) => {
  if (/** @type {HTMLElement} */ (event.target).matches("[data-updates]")) update().catch(unreachable);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.disabled) return;
  if (/** @type {HTMLButtonElement | null} */ (event.submitter)?.name === "update") {
    await update().catch(unreachable);
    return;
  }
  work(true);
  try {
    const response = await fetch(window.location.pathname, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(/** @type {any} */ (new FormData(form))),
    });
    const rendered = await response.json();
    if (rendered.redirect) {
      leave(rendered.redirect);
      return;
    }
    work(false);
    if (rendered.closed) window.location.reload();
    else show(rendered.mistakes);
  } catch {
    work(false);
    unreachable();
  }
});

function unreachable() {
  const message = "We could not reach the payment service. Check your connection and try again.";
  show({ "": { code: "connection_error", message } });
}

form.addEventListener("input", (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  if (input.getAttribute("aria-invalid") === "true") mark(input.name, null);
  const deleting = /** @type {InputEvent} */ (event).inputType?.startsWith("delete");
  const atEnd = input.selectionStart === input.value.length;
  if (deleting || !atEnd) return;
  if (input.name === "card_number") input.value = grouped(input.value);
  if (input.name === "card_expiry") input.value = expiry(input.value);
});

/** @param {string} number */
function grouped(number) {
  const digits = number.replace(/\D/g, "").slice(0, 16);
  return (digits.match(/.{1,4}/g) ?? []).join(" ");
}

/** @param {string} typed */
function expiry(typed) {
  let digits = typed.replace(/\D/g, "");
  if (/^[2-9]$/.test(digits) || /^\d\s*\//.test(typed)) digits = `0${digits}`;
  if (digits.length < 2) return digits;
  return `${digits.slice(0, 2)} / ${digits.slice(2, 6)}`;
}

for (const list of form.querySelectorAll("[data-fills]")) {
  const name = /** @type {HTMLElement} */ (list).dataset.fills ?? "";
  for (const value of list.querySelectorAll("code")) {
    const filler = document.createElement("button");
    filler.type = "button";
    filler.textContent = value.textContent;
    filler.addEventListener("click", () => fill(name, filler.textContent ?? ""));
    value.replaceWith(filler);
  }
}

/** @param {string} name  @param {string} value */
function fill(name, value) {
  const year = new Date().getFullYear() + 3;
  const values = { [name]: value };
  if (name === "card_number") {
    values.card_expiry = `12 / ${String(year).slice(2)}`;
    values.card_cvc = "123";
  }
  for (const [each, text] of Object.entries(values)) {
    const input = field(each);
    if (input) input.value = text;
    mark(each, null);
  }
  progress.textContent = "Filled in the test values.";
}

// A page that the browser kept may have been paid since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
