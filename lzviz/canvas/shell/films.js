// @ts-check
/** Films of a mount: their bar and what decodes them are fetched when there is one to show. */
import { trouble } from "../core/errors.js";
import { t } from "../core/text.js";

/**
 * @param {import("../core/context.js").Context} context
 * @param {Parameters<typeof import("./film.js").createFilm>[1]} parts @param {HTMLElement} place
 */
export function createFilms(context, parts, place) {
  const { store, live, host } = context;
  /** @type {Promise<ReturnType<typeof import("./film.js").createFilm>> | null} */
  let bar = null;
  let gone = false;
  const sized = new ResizeObserver(([{ target }]) =>
    place.style.setProperty("--lz-film", `${/** @type {HTMLElement} */ (target).offsetHeight}px`));

  async function fetched() {
    bar ??= import("./film.js").then(({ createFilm }) => createFilm(context, parts));
    const film = await bar;
    if (!film.element.isConnected && !gone) {
      place.append(film.element);
      sized.observe(film.element);
    }
    return film;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T | null>} */
  const told = (work) => work().catch((error) => {
    bar = null;
    live.set({ error: trouble(t("film.notFetched"), error) });
    return null;
  });

  /** The film of the gallery that the state shows. */
  function meet() {
    const picture = host.catalogue.pictures.find(({ id }) => id === store.get().image);
    if (picture?.frames) void told(async () => (await fetched()).openDrawn(picture));
  }
  const unfollow = store.subscribe((_, changed) => changed.has("image") && meet());
  meet();
  return {
    /** Files as a film; false: they are none. @param {File[]} files */
    open: (files) => told(async () => (await fetched()).open(files)),
    close: () => void bar?.then((film) => film.close()),
    stop() {
      gone = true;
      sized.disconnect();
      unfollow();
      void bar?.then((film) => film.stop());
    },
  };
}
