// config.json: where the API is, and how the customer pays.

/**
 * `ui_mode` is "hosted_page", Stripe's page, or "embedded_page", Stripe's form in ours. The second
 * needs the account's publishable key. `stripe_url` is a simulator's, and null with Stripe itself.
 * @typedef {object} Config
 * @property {string} api_url
 * @property {"hosted_page" | "embedded_page"} ui_mode
 * @property {string | null} publishable_key
 * @property {string | null} stripe_url
 */

/** @returns {Promise<Config>} */
export async function loadConfig() {
  const response = await fetch("config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return response.json();
}

/** @param {Config} config  @returns {import("./checkout.js").Destination} */
export function destination(config) {
  const thanks = new URL("thanks.html", window.location.href).href;
  if (config.ui_mode === "embedded_page") return { ui_mode: "embedded_page", return_url: thanks };
  return { success_url: thanks, cancel_url: new URL("cart.html", window.location.href).href };
}
