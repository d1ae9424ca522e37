// What a frontend writes with the generated types, and what they keep it from.
import type { components, operations, paths } from "../../storefront/types/api";

type Checkout = components["schemas"]["Checkout"];
type CheckoutRequest = components["schemas"]["CheckoutRequest"];
type PriceList = paths["/checkout/prices"]["get"]["responses"]["200"]["content"]["application/json"];
type Refusal =
  operations["createCheckout"]["responses"]["400"]["content"]["application/problem+json"];

export const hosted: CheckoutRequest = { items: [{ lookup_key: "mug", quantity: 2 }] };
export const embedded: CheckoutRequest = {
  items: [{ price: "price_1Mug", quantity: 1 }],
  ui_mode: "embedded_page",
  return_url: "https://shop.example/thanks",
};

export function place(checkout: Checkout): string {
  switch (checkout.status) {
    case "open":
      return checkout.url ?? checkout.client_secret ?? "";
    case "authorized":
    case "canceled":
    case "expired":
    case "failed":
    case "paid":
    case "processing":
      return checkout.session_id;
  }
}

export const cheapest = (list: PriceList): number =>
  Math.min(...list.prices.map((price) => price.unit_amount));

export const wrongFields = (refusal: Refusal): string[] =>
  (refusal.errors ?? []).map((error) => error.pointer);

// @ts-expect-error  An item has no amount.
export const amount: CheckoutRequest = { items: [{ price: "price_1", quantity: 1, amount: 1 }] };
// @ts-expect-error  An item names its price once.
export const twice: CheckoutRequest = { items: [{ price: "p", lookup_key: "mug", quantity: 1 }] };
// @ts-expect-error  A page of the shop's own needs a return_url.
export const without: CheckoutRequest = { items: [], ui_mode: "elements" };
// @ts-expect-error  It has no success_url.
export const both: CheckoutRequest = { ...embedded, success_url: "https://shop.example/thanks" };
// @ts-expect-error  There is no such status.
export const refunded = (checkout: Checkout): boolean => checkout.status === "refunded";
// @ts-expect-error  A session that is not open has no url.
export const go = (checkout: Checkout): string => checkout.url;
