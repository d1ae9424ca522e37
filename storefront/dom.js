// The few lines of DOM that the pages share.

/**
 * The element with this id, which the page has.
 * @template {HTMLElement} [T=HTMLElement]  @param {string} id  @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return /** @type {T} */ (found);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag  @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Have a screen reader say it. @param {string} text */
export function announce(text) {
  byId("announcement").textContent = text;
}

/** @param {number} count */
export function itemsText(count) {
  return count === 1 ? "1 item" : `${count} items`;
}

/** A product's picture, or a space of its size. @param {import("./checkout.js").Price} price */
export function picture({ product }) {
  const source = product.images[0];
  if (!source)
    return element("span", { class: "picture", "aria-hidden": "true" }, product.name.slice(0, 1));
  // The name stands beside it.
  const attributes = { src: source, alt: "", width: "400", height: "300", class: "picture" };
  const image = element("img", attributes);
  image.addEventListener("error", () =>
    image.replaceWith(picture({ ...NOTHING, product: { ...product, images: [] } })),
  );
  return image;
}

/** @type {import("./checkout.js").Price} */
const NOTHING = {
  price: "",
  lookup_key: null,
  product: { name: "", description: null, images: [] },
  unit_amount: 0,
  currency: "",
};
