// @ts-check
/** Which files are films, and what a frame of the gallery is called. */

/** The name of a picture that no server holds: there is none, or it is a frame that passes. */
export const UNHELD = "own";

const FILMS = /\.(mp4|m4v|webm|mov|ogv|gif)$/i;

/** Names of pictures whose kind a system does not tell. */
export const STILLS = /\.(png|jpe?g|webp|bmp|tiff?|avif|heic|heif)$/i;

/** What a file dialogue offers besides pictures. */
export const FILM_KINDS = "video/*,image/gif,.mp4,.webm,.gif";

/** @param {Blob & {name?: string}} file */
export const isFilm = (file) =>
  file.type.startsWith("video/") || FILMS.test(file.name ?? "") || file.type === "image/gif";

/** What Python calls a frame: the first one as the film. @param {string} film @param {number} k */
export const frameName = (film, k) => (k ? `${film}.${k}` : film);

/** The picture of the gallery that a frame is of. @param {string} frame */
export const filmOf = (frame) => frame.split(".")[0];
