// pay.html: Stripe's payment form in a page of ours, for `ui_mode` "embedded_page".

import * as cart from "./cart.js";
import { destination } from "./config.js";
import { byId, element } from "./dom.js";
import { loadShop } from "./page.js";

/** @typedef {import("./config.js").Config} Config */
/** @typedef {{fetchClientSecret: () => Promise<string>}} Options */
/** @typedef {{mount: (place: HTMLElement) => void}} Embedded */
/** @typedef {{createEmbeddedCheckoutPage: (options: Options) => Promise<Embedded>}} Stripe */

// One release of Stripe.js for each of the API: https://docs.stripe.com/sdks/stripejs-versioning
const STRIPE_JS = "https://js.stripe.com/endive/stripe.js";

const place = byId("payment-form");

async function run() {
  try {
    const { api, config } = await loadShop();
    if (cart.items().length === 0) {
      window.location.replace("cart.html");
      return;
    }
    // The same cart as in the click that led here, so the same checkout.
    const created = await api.start(cart.items(), destination(config));
    if (!created.client_secret)
      window.location.replace(`thanks.html?session_id=${created.session_id}`);
    else if (config.stripe_url) simulate(config.stripe_url, created.client_secret);
    else await mount(config, created.client_secret);
  } catch {
    byId("payment-problem").hidden = false;
    byId("payment-problem").focus();
  }
}

/**
 * https://docs.stripe.com/js/embedded_checkout/create
 * @param {Config} config  @param {string} secret
 */
async function mount(config, secret) {
  await loadScript(STRIPE_JS);
  const { Stripe } = /** @type {{Stripe: (key: string) => Stripe}} */ (
    /** @type {unknown} */ (window)
  );
  const stripe = Stripe(config.publishable_key ?? "");
  const checkout = await stripe.createEmbeddedCheckoutPage({
    fetchClientSecret: async () => secret,
  });
  checkout.mount(place);
}

/** @param {string} source */
function loadScript(source) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: source });
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

/**
 * The local simulator's form. It reports its height, and once it is paid, it goes to `return_url`.
 * @param {string} stripe  @param {string} secret
 */
function simulate(stripe, secret) {
  const frame = element("iframe", {
    src: `${stripe}/c/embed/${encodeURIComponent(secret)}`,
    title: "Payment form",
  });
  window.addEventListener("message", (event) => {
    if (event.origin !== new URL(stripe).origin || event.source !== frame.contentWindow) return;
    if (event.data.type === "checkout.resize")
      frame.style.height = `${Number(event.data.height)}px`;
  });
  place.replaceChildren(frame);
}

run();

// The form that the browser kept may have been paid since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
