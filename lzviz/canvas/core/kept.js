// @ts-check
/**
 * The last picture of the visitor and what was made on it, in the visitor's own browser and nowhere else, so that a
 * reload can offer both again. Nothing is kept where storage is refused.
 *
 * @typedef {import("./made.js").Made} Made
 * @typedef {{blob: Blob, title: string, made?: Made}} Kept
 */

const [BASE, TABLE, KEY, ON] = ["lzviz", "own", "picture", "made"];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/**
 * @template T
 * @param {IDBTransactionMode} mode @param {(table: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T | undefined>}
 */
async function within(mode, work) {
  try {
    const opening = indexedDB.open(BASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
    const base = await done(opening);
    try {
      return await done(work(base.transaction(TABLE, mode).objectStore(TABLE)));
    } finally {
      base.close();
    }
  } catch {
    return undefined;
  }
}

/** In the place of the one before. @param {Blob} blob @param {string} title @param {Made | null} made  on it */
export const keepPicture = (blob, title, made) => within("readwrite", (table) => {
  if (made) table.put(made, ON);
  else table.delete(ON);
  return table.put({ blob, title }, KEY);
});

/** On the picture that is kept. @param {Made} made */
export const keepMade = (made) => within("readwrite", (table) => table.put(made, ON));

/** @returns {Promise<Kept | undefined>} */
export async function keptPicture() {
  // In one look: read one after the other they could be of two pictures.
  const all = await within("readonly", (table) => table.getAll()) ?? [];
  const picture = all.find((each) => "blob" in each);
  return picture && { ...picture, made: all.find((each) => "paint" in each) };
}

export const forgetPicture = () => within("readwrite", (table) => {
  table.delete(ON);
  return table.delete(KEY);
});
