// @ts-check
/** Light and dark: the class `dark` on the body is the truth; the choice of the visitor is remembered. */

const KEY = "lzviz-theme";

/** Storage that may be refused (a frame of another site). @returns {Storage | null} */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return storage()?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    storage()?.setItem(key, value);
  } catch {
    // A visitor without storage is asked again next time.
  }
}

/** Takes up what the visitor chose last, unless the address says otherwise. */
export function startTheme() {
  const chosen = recall(KEY);
  if (chosen && !new URLSearchParams(window.location.search).has("__theme")) {
    document.body.classList.toggle("dark", chosen === "dark");
  }
}

/** Light becomes dark, dark light. */
export function flipTheme() {
  const dark = document.body.classList.toggle("dark");
  remember(KEY, dark ? "dark" : "light");
}
