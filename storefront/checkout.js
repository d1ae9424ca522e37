// The client of the checkout API: the one file to copy into a shop of your own. README.md beside it
// says how to use it. It touches no page, only localStorage, where it keeps what was asked for.

/** @typedef {import("./types/api").components["schemas"]} Schemas */
/** @typedef {Schemas["Price"]} Price */
/** @typedef {{price: string, quantity: number} | {lookup_key: string, quantity: number}} Item */
/** @typedef {Schemas["Checkout"]} Created */
/** @typedef {Schemas["Payment"]} Payment */
/** @typedef {Schemas["FieldError"]} FieldError */
/** @typedef {{onPayment: (one: Payment) => void, onUnavailable: () => void}} Callbacks */
/** @typedef {Callbacks & {signal: AbortSignal}} Polling */
/** @typedef {{success_url: string, cancel_url: string}} Hosted */
/** @typedef {{ui_mode: "embedded_page", return_url: string}} Embedded */
/** @typedef {(Hosted | Embedded) & {locale?: Schemas["Locale"]}} Destination */
/** @typedef {Pick<Payment, "session_id" | "status"> & {url: null, client_secret: null}} Ordered */
/** @typedef {{session_id: string, items: Item[]}} Asked */
/**
 * One checkout of one cart. `content` is what the customer asked for, `body` what was sent for it,
 * `session_id` is known once the API has responded, `replaced` is the checkout of the earlier cart.
 * @typedef {{key: string, content: string, body: object, items: Item[]}} Sent
 * @typedef {Sent & {session_id?: string, replaced?: Asked}} Attempt
 */

/** The cart can't be bought as it is: `errors` point into the body, as `/items/0/price` does. */
export class Rejected extends Error {
  /** @param {FieldError[]} errors  @param {string} detail */
  constructor(errors, detail) {
    super(detail);
    this.errors = errors;
  }
}

/** The API, or what it needs, does not respond. The same call may be made again at any time. */
export class Unavailable extends Error {}

/** The API does not know this session. */
export class NotFound extends Error {}

const RETRIED = new Set([429, 502, 503, 504]);
const RETRIES = 4;
const LONGEST_WAIT_MS = 30_000;
// An HTTP API responds within 30 seconds, or with an error.
const TIMEOUT_MS = 35_000;
const FIRST_POLL_MS = 1_000;
const POLL_GROWTH = 1.6;
const ATTEMPT = "checkout.attempt";
const PROCESSING = "checkout.processing";
const SESSION_ID = /^cs_(test|live)_[A-Za-z0-9]{1,200}$/;

export class CheckoutApi {
  /** @param {string} url  the stack's `ApiUrl` */
  constructor(url) {
    this.url = url.replace(/\/$/, "");
  }

  /** @returns {Promise<Price[]>} what is for sale, newest first */
  async prices() {
    const response = await this.#call("/checkout/prices", {});
    if (!response.ok) throw new Unavailable(`GET /checkout/prices: ${response.status}`);
    return (await response.json()).prices;
  }

  /**
   * Ask for a checkout of the cart. The same cart gets the same order, however often and in how
   * many tabs this is called; a changed cart gets a new one, and the earlier can't be paid then.
   *
   * The customer goes to `url`, or `client_secret` goes to Stripe.js. Both are null if the order is
   * paid or processing already: show its `session_id` on the page of the result.
   *
   * @param {Item[]} items
   * @param {Destination} destination
   * @returns {Promise<Pick<Created, "session_id" | "url" | "client_secret" | "status">>}
   * @throws {Rejected | Unavailable}
   */
  async start(items, destination) {
    // One tab at a time: two that start together would make two keys for one cart.
    return locked("checkout.start", async () => {
      for (let tries = 0; ; tries++) {
        const attempt = await this.#attempt(items, destination);
        if ("status" in attempt) return attempt;
        const created = await this.#create(attempt);
        if (created && (isOpen(created.status) || isOrdered(created.status))) {
          write(ATTEMPT, { ...attempt, session_id: created.session_id });
          return created;
        }
        // Failed, expired, or the key belongs to another body: a new order takes a new key.
        write(ATTEMPT, null);
        if (tries === 1) throw new Unavailable("no open checkout");
      }
    });
  }

  /**
   * @param {string} sessionId
   * @param {{retries?: number}} [options]
   * @returns {Promise<Payment>}
   * @throws {NotFound | Unavailable}
   */
  async confirm(sessionId, { retries = RETRIES } = {}) {
    if (!SESSION_ID.test(sessionId)) throw new NotFound(sessionId);
    const path = `/checkout/sessions/${sessionId}/confirm`;
    const response = await this.#call(path, { method: "POST" }, retries);
    if (response.status === 404) throw new NotFound(sessionId);
    if (!response.ok) throw new Unavailable(`confirm: ${response.status}`);
    return response.json();
  }

  /**
   * Confirm now and, at growing intervals, until the payment is decided. Nothing is asked while
   * nobody sees the page.
   *
   * @param {string} sessionId
   * @param {Polling} options
   * @throws {NotFound}
   */
  async poll(sessionId, { onPayment, onUnavailable, signal }) {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * POLL_GROWTH, LONGEST_WAIT_MS)) {
      try {
        const payment = await this.confirm(sessionId, { retries: 0 });
        if (signal.aborted) return;
        onPayment(payment);
        if (payment.status !== "processing") return;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        if (signal.aborted) return;
        onUnavailable();
      }
      await sleep(wait);
      await visible();
      if (signal.aborted) return;
    }
  }

  /**
   * The stored attempt for this cart, or a new one. If the earlier cart was ordered meanwhile, as
   * in another tab, give that order instead.
   *
   * @param {Item[]} items
   * @param {Destination} destination
   * @returns {Promise<Attempt | Ordered>}
   */
  async #attempt(items, destination) {
    // All that an item says, so that no two carts are taken for one.
    const wanted = items.map((item) => JSON.stringify(Object.entries(item).sort())).sort();
    const content = JSON.stringify([wanted, destination]);
    const earlier = currentAttempt();
    if (earlier?.content === content) return earlier;
    const replaced = asked(earlier);
    if (replaced) {
      const { session_id } = replaced;
      const payment = await this.confirm(session_id, { retries: 0 }).catch(() => null);
      if (payment && isOrdered(payment.status)) {
        return { session_id, status: payment.status, url: null, client_secret: null };
      }
    }
    const body = { items, ...destination, ...(replaced ? { replaces: replaced.session_id } : {}) };
    const attempt = { key: newKey(), content, body, items, ...(replaced ? { replaced } : {}) };
    write(ATTEMPT, attempt);
    return attempt;
  }

  /** @param {Attempt} attempt  @returns {Promise<Created | null>} null: the key has another body */
  async #create(attempt) {
    const response = await this.#call("/checkout/sessions", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": attempt.key },
      body: JSON.stringify(attempt.body),
    });
    if (response.status === 422) return null;
    if (response.status === 400) {
      const problem = await response.json();
      throw new Rejected(problem.errors ?? [], problem.detail);
    }
    if (!response.ok) throw new Unavailable(`POST /checkout/sessions: ${response.status}`);
    return response.json();
  }

  /**
   * The same request again while the API is busy or unreachable, after `Retry-After` where it is
   * given. Every call here may be repeated: a create has its key.
   *
   * @param {string} path  @param {RequestInit} request  @param {number} retries
   */
  async #call(path, request, retries = RETRIES) {
    for (let tries = 0; ; tries++) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(this.url + path, { ...request, signal }).catch(() => null);
      if (response && !RETRIED.has(response.status)) return response;
      const wait = Math.max(retryAfterMs(response), 2 ** tries * 500 * (1 + Math.random()));
      if (tries === retries || wait > LONGEST_WAIT_MS) throw new Unavailable(path);
      await sleep(wait);
    }
  }
}

/** The checkout of the present cart, if one was asked for. @returns {Attempt | null} */
export function currentAttempt() {
  return read(ATTEMPT);
}

/**
 * Take note of how an order stands, and say what that means for the cart, once: the items that are
 * bought now and leave it, and those of a payment that failed later, which come back.
 *
 * @param {Payment} payment
 * @returns {Promise<{bought: Item[], returned: Item[]}>}
 */
export function settle(payment) {
  return locked("checkout.settle", () => {
    const attempt = currentAttempt();
    const current = [attempt, attempt?.replaced].find(
      (one) => one?.session_id === payment.session_id,
    );
    const { [payment.session_id]: earlier, ...others } = read(PROCESSING) ?? {};
    if (isOrdered(payment.status) ? current : current === attempt && !isOpen(payment.status)) {
      write(ATTEMPT, null);
    }
    if (payment.status === "processing") {
      if (current) write(PROCESSING, { ...others, [payment.session_id]: current.items });
    } else {
      write(PROCESSING, others);
    }
    const bought = current && isOrdered(payment.status) ? current.items : [];
    const returned = earlier && !isOrdered(payment.status) ? earlier : [];
    return { bought, returned };
  });
}

/** The one thing that a page's address is read for. @returns {string | null} */
export function sessionIdFromAddress(address = window.location.href) {
  const id = new URL(address).searchParams.get("session_id") ?? "";
  return SESSION_ID.test(id) ? id : null;
}

/**
 * The session that a new one supersedes.
 * @param {Attempt | null} attempt  @returns {Asked | undefined}
 */
function asked(attempt) {
  if (!attempt?.session_id) return attempt?.replaced;
  return { session_id: attempt.session_id, items: attempt.items };
}

/** @param {string} status  a later version of the API may have others */
const isOpen = (status) => status === "open";

/** @param {string} status */
const isOrdered = (status) => ["paid", "processing", "authorized"].includes(status);

/** @param {Response | null} response */
function retryAfterMs(response) {
  // Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
  const value = response?.headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? 0 : ms;
}

function newKey() {
  // Not crypto.randomUUID, which pages without TLS lack, such as one tried on a phone.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** @template T  @param {string} name  @param {() => T | Promise<T>} work  @returns {Promise<T>} */
async function locked(name, work) {
  return navigator.locks ? await navigator.locks.request(name, work) : work();
}

/** @param {string} name */
function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name  @param {unknown} value */
function write(name, value) {
  localStorage.setItem(name, JSON.stringify(value));
}

/** @param {number} ms  @returns {Promise<void>} */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @returns {Promise<void>} */
function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true });
  });
}
