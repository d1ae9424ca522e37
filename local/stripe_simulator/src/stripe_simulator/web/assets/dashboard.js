// The dashboard, live: after each change its lists are loaded again. Without scripts, a reload does.

export {}; // A module, for type checkers too.

/** @type {EventSource | null} */
let source = null;
let seen = document.body.dataset.version ?? "";
const connection = /** @type {HTMLElement} */ (document.getElementById("connection"));

function connect() {
  source = new EventSource(`/dashboard/live?seen=${seen}`);
  source.addEventListener("open", () => say(""));
  source.addEventListener("error", () => say("The simulator does not respond."));
  source.addEventListener("change", (event) => {
    seen = event.data;
    void refresh();
  });
}

/** @param {string} text */
function say(text) {
  if (connection.textContent !== text) connection.textContent = text;
}

let refreshing = false;
let again = false;

async function refresh() {
  // One load at a time, and one more for what changed meanwhile.
  again = true;
  if (refreshing) return;
  refreshing = true;
  try {
    while (again) {
      again = false;
      const response = await fetch(current(), { headers: { Accept: "text/html" } });
      if (response.ok) update(await response.text());
    }
  } catch {
    // The event source says so, and connects again.
  } finally {
    refreshing = false;
  }
}

// After an action that was refused, the address is that of the action, which only takes forms.
function current() {
  return document.body.dataset.address ?? window.location.href;
}

/** @param {string} html */
function update(html) {
  const loaded = new DOMParser().parseFromString(html, "text/html");
  for (const region of document.querySelectorAll("[data-live]")) {
    const fresh = loaded.getElementById(region.id);
    if (!fresh || fresh.innerHTML === region.innerHTML) continue;
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    if (focused?.matches("input, select, textarea")) continue;
    const scrolled = [...region.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    region.replaceChildren(...fresh.childNodes);
    region.querySelectorAll(".scroll").forEach((one, index) => {
      one.scrollLeft = scrolled[index] ?? 0;
    });
    if (focused?.id) document.getElementById(focused.id)?.focus({ preventScroll: true });
  }
}

// A page that nobody sees holds none of the browser's few connections.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (source === null) {
    connect();
  }
});
window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
connect();
