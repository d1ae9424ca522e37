// The cart: in localStorage, so that it is the same in every tab.

/** @typedef {{price: string, quantity: number}} Item */
/** @typedef {import("./checkout.js").Price} Price */
/**
 * `listed` is the price as it was listed when it was last seen.
 * @typedef {Item & {listed: Price}} Line
 */

const CART = "cart";
const MOST = 99;

/** @returns {Line[]} */
export function lines() {
  try {
    const stored = JSON.parse(localStorage.getItem(CART) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

/** @returns {Item[]} what a checkout is asked for */
export function items() {
  return lines().map(({ price, quantity }) => ({ price, quantity }));
}

export function count() {
  return lines().reduce((sum, line) => sum + line.quantity, 0);
}

/** @param {Price} listed  @param {number} [quantity] */
export function add(listed, quantity = 1) {
  const before = lines().find((line) => line.price === listed.price)?.quantity ?? 0;
  set(listed, before + quantity);
}

/** @param {Price} listed  @param {number} quantity  0 removes it */
export function set(listed, quantity) {
  const kept = Math.min(Math.max(quantity, 0), MOST);
  const all = lines();
  const line = all.find((each) => each.price === listed.price);
  if (line) line.quantity = kept;
  else all.push({ price: listed.price, quantity: kept, listed });
  save(all.filter((each) => each.quantity > 0));
}

/** @param {Item[]} bought  they leave the cart, and what was added since stays in it */
export function remove(bought) {
  for (const { price, quantity } of bought) {
    const line = lines().find((each) => each.price === price);
    if (line) set(line.listed, line.quantity - quantity);
  }
}

/**
 * Show names and amounts as they are listed now.
 * @param {Price[]} prices
 */
export function refresh(prices) {
  save(
    lines().map((line) => ({
      ...line,
      listed: prices.find((one) => one.price === line.price) ?? line.listed,
    })),
  );
}

/** @param {Line[]} all */
function save(all) {
  const text = JSON.stringify(all);
  if (text === localStorage.getItem(CART)) return;
  localStorage.setItem(CART, text);
  window.dispatchEvent(new Event("cart"));
}

/** Call this now and after each change, in this tab or another. @param {() => void} show */
export function watch(show) {
  window.addEventListener("cart", show);
  window.addEventListener("storage", (event) => {
    if (event.key === CART || event.key === null) show();
  });
  show();
}
