// The cart as the shop's page and the cart's page show it, and its button "Check out".

import * as cart from "./cart.js";
import { currentAttempt, Rejected } from "./checkout.js";
import { destination } from "./config.js";
import { announce, byId, element, itemsText, picture } from "./dom.js";
import { money } from "./money.js";

/** @typedef {import("./cart.js").Line} Line */
/** @typedef {import("./page.js").Shop} Shop */

const button = /** @type {HTMLButtonElement} */ (byId("buy"));
const problem = byId("problem");
const list = byId("lines");
const HINT = byId("buy-status").textContent ?? "";
/** @type {Map<string, HTMLLIElement>} */
const rows = new Map();
let busy = false;

/** @param {() => Promise<Shop>} shop */
export function showCart(shop) {
  cart.watch(render);
  button.addEventListener("click", () => buy(shop));
  // The browser kept the page while the customer was at Stripe's.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    work(false);
    render();
  });
}

function render() {
  const all = cart.lines();
  for (const [price, row] of rows) {
    if (all.some((line) => line.price === price)) continue;
    if (row.contains(document.activeElement)) byId("cart-heading").focus();
    row.remove();
    rows.delete(price);
  }
  for (const line of all) {
    const row = rows.get(line.price) ?? newRow(line);
    row.querySelector(".quantity output")?.replaceChildren(String(line.quantity));
    row
      .querySelector(".line-price")
      ?.replaceChildren(money(line.listed.unit_amount * line.quantity, line.listed.currency));
  }
  byId("empty").hidden = all.length > 0;
  byId("summary").hidden = all.length === 0;
  byId("total").textContent = total(all);
  const [attempt, content] = [currentAttempt(), JSON.stringify(cart.items())];
  if (all.length === 0 || (attempt && JSON.stringify(attempt.items) !== content)) clearProblem();
}

/** @param {Line} line */
function newRow({ price, listed }) {
  const name = listed.product.name;
  const change = (/** @type {number} */ by) => {
    const now = cart.lines().find((each) => each.price === price)?.quantity ?? 0;
    cart.set(listed, now + by);
    announce(
      now + by > 0 ? `${name}: ${now + by} in your cart.` : `${name} removed from your cart.`,
    );
  };
  const step = (
    /** @type {string} */ sign,
    /** @type {string} */ label,
    /** @type {number} */ by,
  ) => {
    const made = element("button", { type: "button", "aria-label": label }, sign);
    made.addEventListener("click", () => change(by));
    return made;
  };
  const removal = element(
    "button",
    { type: "button", class: "link", "aria-label": `Remove ${name}` },
    "Remove",
  );
  removal.addEventListener("click", () => change(-Infinity));
  const row = element(
    "li",
    { "data-price": price },
    picture(listed),
    element("p", { class: "line-name" }, name),
    element("p", { class: "line-price" }),
    element(
      "div",
      { class: "quantity", role: "group", "aria-label": `Quantity of ${name}` },
      step("−", `One ${name} less`, -1),
      element("output"),
      step("+", `One ${name} more`, 1),
    ),
    removal,
    element("p", { class: "line-error", hidden: "" }),
  );
  rows.set(price, row);
  list.append(row);
  return row;
}

/** An amount for each currency. @param {Line[]} all */
function total(all) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { listed, quantity } of all) {
    sums[listed.currency] = (sums[listed.currency] ?? 0) + listed.unit_amount * quantity;
  }
  return Object.entries(sums)
    .map(([currency, sum]) => money(sum, currency))
    .join(" + ");
}

/** @param {() => Promise<Shop>} shop */
async function buy(shop) {
  if (busy) return;
  clearProblem();
  work(true);
  const lines = cart.lines();
  try {
    const { api, config } = await shop();
    const created = await api.start(cart.items(), destination(config));
    if (created.url) window.location.assign(created.url);
    else if (created.client_secret) window.location.assign("pay.html");
    else window.location.assign(`thanks.html?session_id=${created.session_id}`);
    // Busy until the other page is there.
  } catch (error) {
    work(false);
    if (error instanceof Rejected) showRejection(error, lines);
    else
      showProblem(
        "We can't reach the checkout right now.",
        "Nothing was charged, and your cart is safe. Please try again in a moment.",
      );
  }
}

/** @param {boolean} now */
function work(now) {
  busy = now;
  // Not `disabled`, which would take the focus away.
  button.setAttribute("aria-disabled", String(now));
  const status = byId("buy-status");
  status.textContent = now ? "Taking you to the payment…" : HINT;
  status.toggleAttribute("data-busy", now);
}

/**
 * Say what is wrong with which item.
 * @param {Rejected} error  @param {Line[]} lines  as they were sent
 */
function showRejection(error, lines) {
  const reasons = error.errors.map(({ pointer, detail }) => {
    const [, field, index, part] = pointer.split("/");
    const line = field === "items" && index ? lines[Number(index)] : undefined;
    if (!line) return detail;
    const name = line.listed.product.name;
    const reason =
      part === "quantity"
        ? "Please choose a smaller quantity."
        : "No longer available: please remove it.";
    mark(line.price, reason);
    return `${name}: ${reason}`;
  });
  const text = [...new Set(reasons)].join(" ") || error.message;
  showProblem("We can't check out this cart.", text);
}

/** @param {string} price  @param {string} reason */
function mark(price, reason) {
  const row = rows.get(price);
  const note = /** @type {HTMLElement | null | undefined} */ (row?.querySelector(".line-error"));
  if (!row || !note) return;
  row.classList.add("wrong");
  note.textContent = reason;
  note.hidden = false;
}

/** @param {string} heading  @param {string} text */
function showProblem(heading, text) {
  problem.replaceChildren(element("h3", {}, heading), element("p", {}, text));
  problem.hidden = false;
  problem.focus();
}

function clearProblem() {
  problem.hidden = true;
  problem.replaceChildren();
  for (const row of rows.values()) {
    row.classList.remove("wrong");
    row.querySelector(".line-error")?.setAttribute("hidden", "");
  }
}

/** What a button of a product does. @param {import("./checkout.js").Price} price */
export function addToCart(price) {
  cart.add(price);
  announce(`${price.product.name} added. ${itemsText(cart.count())} in your cart.`);
}
