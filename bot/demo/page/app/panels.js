// What stands beside and over the conversation: modals, Home, files, settings, faults, traffic, a banner.

import { mountBanner } from "./banner.js";
import { mountDrawer } from "./drawer.js";
import { mountModals } from "./modals.js";

export { drawHomeTab } from "./home_tab.js";
export { drawSettings } from "./settings.js";
export { openFile } from "./viewer.js";

/**
 * Draw modals, drawer and banner into `root`, an element at the end of the body, and keep them up to date; `act` does
 * something as the person who looks.
 */
export function mountPanels(tools) {
  mountBanner(tools);
  mountDrawer(tools);
  mountModals(tools);
}
