// Stripe's amounts are integers in the currency's minor unit. How many digits that unit has, Intl
// knows from ISO 4217; Stripe differs for these: https://docs.stripe.com/currencies#special-cases
/** @type {Record<string, number>} */
const STRIPE_DIGITS = { ISK: 2, MGA: 0, UGX: 2 };

/** @param {number} amount  in the minor unit  @param {string} currency  in any case */
export function money(amount, currency) {
  const code = currency.toUpperCase();
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: code });
  const digits = STRIPE_DIGITS[code] ?? format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
