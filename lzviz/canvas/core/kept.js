// @ts-check
/**
 * The last picture of the visitor, in the visitor's own browser and nowhere else, so that a reload can offer it again.
 * Nothing is kept where storage is refused.
 *
 * @typedef {{blob: Blob, title: string}} Kept
 */

const [BASE, TABLE, KEY] = ["lzviz", "own", "picture"];

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

/** In the place of the one before. @param {Blob} blob @param {string} title */
export const keepPicture = (blob, title) => within("readwrite", (table) => table.put({ blob, title }, KEY));

/** @returns {Promise<Kept | undefined>} */
export const keptPicture = () => within("readonly", (table) => table.get(KEY));

export const forgetPicture = () => within("readwrite", (table) => table.delete(KEY));
