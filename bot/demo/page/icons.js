// Paths of the icons, drawn for this page; see icon() in dom.js.

export const EYE = "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z";
export const TRASH = "M4 7h16M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 10.5v5.5M14 10.5v5.5";
export const THUMB_UP =
  "M7.5 20.5H4V10h3.5m0 10.5V10l4-6.5c1.6 0 2.5 1 2.2 2.7L13 9.5h5.4c1.3 0 2.1 1.1 1.8 2.3l-1.6 7c-.3 1-1 1.7-2.1 1.7Z";
export const THUMB_DOWN =
  "M16.5 3.5H20V14h-3.5m0-10.5V14l-4 6.5c-1.6 0-2.5-1-2.2-2.7l.7-3.3H5.6c-1.3 0-2.1-1.1-1.8-2.3l1.6-7c.3-1 1-1.7 2.1-1.7Z";
export const CLOSE = "M6 6l12 12M18 6 6 18";
export const MORE = "M5.5 12h.01M12 12h.01M18.5 12h.01";
export const DOWNLOAD = "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 19.5h14";
export const OUTWARD = "M9 5H5v14h14v-4M13 4.5h6.5V11M19.5 4.5 11 13";
export const WINDOW = "M4 5.5h16v13H4ZM4 9.5h16M7.5 13h5M7.5 15.8h9";
export const REPLY = "M4.5 5.5h15v10h-8l-4 3.5v-3.5h-3Z";
