// What stands beside and over the conversation: modals, Home, files, settings, faults, traffic, a banner.

import { mountBanner } from "./banner.js";
import { mountDrawer } from "./drawer.js";
import { drawHomeTab as drawHome } from "./home_tab.js";
import { mountModals } from "./modals.js";
import { drawSettings as drawMenu } from "./settings.js";

export { openFile } from "./viewer.js";

/** Draw modals, drawer and banner into `root`, an element at the end of the body, and keep them up to date. */
export function mountPanels({ store, act, root }) {
  const tools = { store, root, act: actAsPerson(store, act) };
  mountBanner(tools);
  mountDrawer(tools);
  mountModals(tools);
}

/** Draw the button of the settings with its panel, as a node that keeps itself up to date. */
export function drawSettings({ store, act }) {
  return drawMenu({ store, act: actAsPerson(store, act) });
}

/** Draw the Home tab of the bot, as a node that keeps itself up to date while it stands on the page. */
export function drawHomeTab({ store, act }) {
  return drawHome({ store, act: actAsPerson(store, act) });
}

function actAsPerson(store, act) {
  return (name, details) => act(name, { user: store.get().me, ...details });
}
