// @ts-check
/** What the browser keeps for its visitor; nothing where storage is refused (a frame of another site). */

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // A visitor without storage is asked again next time.
  }
}
