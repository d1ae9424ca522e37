// thanks.html: how the payment went. The page's address names the session, and nothing else of it
// is used: what is shown comes from the API.

import * as cart from "./cart.js";
import { NotFound, sessionIdFromAddress, settle } from "./checkout.js";
import { byId, element } from "./dom.js";
import { money } from "./money.js";
import { loadShop } from "./page.js";

/** @typedef {import("./checkout.js").Payment} Payment */
/** @typedef {{icon: string, heading: string, text: string, cart?: boolean}} State */

/** By the order's status. @type {Record<string, State>} */
const STATES = {
  paid: {
    icon: "done",
    heading: "Thank you for your order",
    text: "We have received your payment and are getting your order ready.",
  },
  authorized: {
    icon: "done",
    heading: "Thank you for your order",
    text: "We have received your order. You are charged when it ships.",
  },
  processing: {
    icon: "waiting",
    heading: "Your payment is on its way",
    text:
      "Your bank is processing it. With a bank debit this can take a few days. " +
      "You can close this page: we send your order as soon as the payment arrives.",
  },
  failed: {
    icon: "wrong",
    heading: "Your payment did not go through",
    text: "Nothing was charged. Your items are in your cart, so you can try another way to pay.",
    cart: true,
  },
  canceled: {
    icon: "wrong",
    heading: "Your order was cancelled",
    text: "Nothing was charged.",
    cart: true,
  },
  expired: {
    icon: "wrong",
    heading: "This checkout has expired",
    text: "Nothing was charged. You can check out again from your cart.",
    cart: true,
  },
  open: {
    icon: "waiting",
    heading: "You have not paid yet",
    text: "Nothing was charged. You can go on from your cart.",
    cart: true,
  },
};
/** @type {State} */
const UNKNOWN = {
  icon: "wrong",
  heading: "We can't find this order",
  text: "Please check the address of this page. If you have paid, your order is safe.",
};
/** @type {State} */
const UNAVAILABLE = {
  icon: "waiting",
  heading: "We can't check your payment right now",
  text: "If you have paid, your payment is safe. Please don't pay again: this page keeps checking.",
};

/** @type {string} */
let shown = "";

/** @param {State} state  @param {Payment} [payment] */
function show(state, payment) {
  const details = payment ? facts(payment) : [];
  const text = JSON.stringify([state, details.map((each) => each.textContent)]);
  if (text === shown) return;
  shown = text;
  document.title = `${state.heading} · Example shop`;
  byId("result").dataset.icon = state.icon;
  byId("heading").textContent = state.heading;
  byId("text").textContent = state.text;
  byId("facts").replaceChildren(...details);
  byId("to-cart").hidden = !state.cart;
  byId("to-shop").hidden = Boolean(state.cart);
}

/** @param {Payment} payment */
function facts({ order_id, status, amount_total, amount_refunded, currency }) {
  const rows = [["Order", order_id]];
  const label = status === "paid" ? "Paid" : "Total";
  if (["paid", "processing", "authorized"].includes(status))
    rows.push([label, money(amount_total, currency)]);
  if (amount_refunded > 0) rows.push(["Refunded", money(amount_refunded, currency)]);
  return rows.map(([name = "", value = ""]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
}

/** @param {import("./checkout.js").CheckoutApi} api  @param {Payment} payment */
async function updateCart(api, payment) {
  const { bought, returned } = await settle(payment);
  cart.remove(/** @type {import("./cart.js").Item[]} */ (bought));
  if (returned.length === 0) return;
  const prices = await api.prices().catch(() => []);
  for (const { price, quantity } of /** @type {import("./cart.js").Item[]} */ (returned)) {
    const listed = prices.find((one) => one.price === price);
    if (listed) cart.add(listed, quantity);
  }
}

async function run() {
  const id = sessionIdFromAddress();
  if (!id) {
    show(UNKNOWN);
    return;
  }
  try {
    const { api } = await loadShop();
    await api.poll(id, {
      onPayment: (payment) => {
        show(STATES[payment.status] ?? UNKNOWN, payment);
        updateCart(api, payment);
      },
      onUnavailable: () => show(UNAVAILABLE),
      signal: new AbortController().signal,
    });
  } catch (error) {
    show(error instanceof NotFound ? UNKNOWN : UNAVAILABLE);
  }
}

run();
