// cart.html: the cart, and where a customer who turns back at Stripe's page arrives.

import * as cart from "./cart.js";
import { currentAttempt, settle } from "./checkout.js";
import { showCart } from "./cart-view.js";
import { byId, element } from "./dom.js";
import { loadShop } from "./page.js";

/** By the order's status: what the customer reads about the checkout that was begun. */
/** @type {Record<string, string>} */
const NOTICES = {
  open: "You have not paid yet, and nothing was charged. Your cart is as you left it.",
  expired: "Your last checkout has expired, and nothing was charged. You can check out again.",
  failed: "Your last payment did not go through, and nothing was charged. You can check out again.",
  canceled: "Your last order was cancelled. You can check out again.",
};
const ORDERED = "Your last order went through.";

const notice = byId("notice");

/** The customer may have paid in another tab, or where this page was not reached again. */
async function checkLastCheckout() {
  const id = currentAttempt()?.session_id;
  notice.hidden = !id;
  if (!id) return;
  notice.textContent = "One moment: we are checking your last checkout.";
  try {
    const { api } = await loadShop();
    const payment = await api.confirm(id);
    const { bought } = await settle(payment);
    cart.remove(/** @type {import("./cart.js").Item[]} */ (bought));
    const text = NOTICES[payment.status];
    const order = element("a", { href: `thanks.html?session_id=${id}` }, "See your order");
    notice.replaceChildren(element("span", {}, ...(text ? [text] : [`${ORDERED} `, order])));
  } catch {
    notice.textContent = "Your cart is as you left it.";
  }
}

showCart(loadShop);
checkLastCheckout();
window.addEventListener("pageshow", (event) => {
  if (event.persisted) checkLastCheckout();
});
