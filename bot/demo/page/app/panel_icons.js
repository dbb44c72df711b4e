// Paths of the panels' icons, drawn for this page; see icon() in dom.js.

export const SETTINGS = "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4";
export const BACK = "M19.5 12h-15m0 0 6-6m-6 6 6 6";
export const TROUBLE = "M12 4 2.8 20h18.4ZM12 10v4.5M12 17.3h.01";
export const WIRE = "M4 8h15m0 0-4-4m4 4-4 4M20 16H5m0 0 4-4m-4 4 4 4";
