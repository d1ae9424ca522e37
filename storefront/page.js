// What every page does: it loads the configuration, and counts the cart's items in its header.

import * as cart from "./cart.js";
import { CheckoutApi } from "./checkout.js";
import { loadConfig } from "./config.js";
import { byId } from "./dom.js";

/** @typedef {{api: CheckoutApi, config: import("./config.js").Config}} Shop */

/** @type {Promise<Shop> | undefined} */
let loading;

/** The shop's configuration, loaded once; again after a failure. @returns {Promise<Shop>} */
export function loadShop() {
  loading ??= loadConfig().then(
    (config) => ({ api: new CheckoutApi(config.api_url), config }),
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

function showCount() {
  const count = cart.count();
  byId("cart-count").textContent = String(count);
  byId("cart-noun").textContent = count === 1 ? "item" : "items";
}

cart.watch(showCount);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) showCount();
});
