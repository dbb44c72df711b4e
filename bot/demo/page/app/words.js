// The playground's own words, beside those of what is drawn.

import { makeSay } from "../words.js";
import { PANEL_WORDS } from "./words/panels.js";
import { SHELL_WORDS } from "./words/shell.js";

export const APP_WORDS = {
  en: { ...SHELL_WORDS.en, ...PANEL_WORDS.en },
  uk: { ...SHELL_WORDS.uk, ...PANEL_WORDS.uk },
};

/** Say one of the playground's words: `say(state, name, values)`. */
export const say = makeSay(APP_WORDS);
