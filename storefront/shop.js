// index.html: what is for sale, with the cart beside it.

import * as cart from "./cart.js";
import { addToCart, showCart } from "./cart-view.js";
import { byId, element, picture } from "./dom.js";
import { money } from "./money.js";
import { loadShop } from "./page.js";

/** @typedef {import("./checkout.js").Price} Price */

const catalogue = byId("catalogue");
const problem = byId("catalogue-problem");

async function show() {
  problem.hidden = true;
  catalogue.setAttribute("aria-busy", "true");
  try {
    const { api } = await loadShop();
    const prices = await api.prices();
    cart.refresh(prices);
    catalogue.replaceChildren(...prices.map(card));
    byId("nothing").hidden = prices.length > 0;
  } catch {
    catalogue.replaceChildren();
    problem.hidden = false;
    problem.focus();
  }
  catalogue.removeAttribute("aria-busy");
}

/** @param {Price} price */
function card(price) {
  const { name, description } = price.product;
  const add = element(
    "button",
    { type: "button", "aria-label": `Add to cart: ${name}` },
    "Add to cart",
  );
  add.addEventListener("click", () => addToCart(price));
  return element(
    "li",
    { class: "card" },
    picture(price),
    element("h2", {}, name),
    element("p", { class: "muted" }, description ?? ""),
    element(
      "div",
      { class: "offer" },
      element("p", { class: "price" }, money(price.unit_amount, price.currency)),
      add,
    ),
  );
}

byId("catalogue-retry").addEventListener("click", show);
showCart(loadShop);
show();
