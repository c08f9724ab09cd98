// @ts-check
/** Rooms whose detectors watch a film: what watches it is fetched with the first one, and made once for each film. */
import { trouble } from "../core/errors.js";
import { t } from "../core/text.js";
import { ROUTES } from "../schema/routes.js";

/**
 * @typedef {import("../core/film.js").Film} Film
 * @typedef {import("../core/rooms.js").Watched & {end: () => void}} Watcher
 */

/**
 * @template A
 * @param {import("./room.js").Place<A>} place
 * @param {() => boolean} wanted  a detector is there
 * @param {() => Promise<(film: Film, draw: () => void) => Watcher>} fetch
 * @returns {NonNullable<import("../core/rooms.js").Mounted["film"]>}
 */
export function createWatching({ context: { host, live } }, wanted, fetch) {
  /** @type {{film: Film, watched: Watcher} | null} */
  let open = null;
  /** @type {((film: Film, draw: () => void) => Watcher) | null} */
  let make = null;
  /** Of the fetch that is on its way. @type {Promise<unknown> | null} */
  let coming = null;
  return (film, draw) => {
    if (!wanted() || !host.transport.answers(ROUTES.filmScore.path)) {
      open?.watched.end();
      open = null;
      return null;
    }
    if (!make) {
      coming ??= fetch().then((made) => {
        make = made;
        draw();
      }, (error) => {
        coming = null;
        live.set({ error: trouble(t("film.notFetched"), error) });
      });
      return null;
    }
    if (open?.film !== film) {
      open?.watched.end();
      open = { film, watched: make(film, draw) };
    }
    return open.watched;
  };
}
