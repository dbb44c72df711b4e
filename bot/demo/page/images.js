// Pictures. `world.files` has the content of a workspace's own files, as addresses, by their ids.

import { el, loadable, lookUp } from "./dom.js";
import { say } from "./words.js";

/** Draw the picture of an image block or element; its alternative text where there is nothing to load. */
export function drawImage(image, world) {
  const alt = typeof image.alt_text === "string" ? image.alt_text : "";
  return drawPicture(findAddress(image, world), alt, world);
}

/** Draw the picture at an address, or say what it would show. */
export function drawPicture(address, alt, world) {
  const src = loadable(address);
  const missing = el("span", { class: "no-picture" }, say(world, "noPicture", { alt }));
  if (src === null) return missing;
  return el("img", { src, alt, loading: "eager", error: (event) => event.target.replaceWith(missing) });
}

function findAddress(image, world) {
  const file = image.slack_file;
  if (!file) return image.image_url;
  return lookUp(world.files, file.id) ?? file.url;
}
