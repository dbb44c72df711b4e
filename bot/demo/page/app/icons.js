// Paths of the icons around the conversation, drawn for this page; see icon() in ../dom.js.

export const MENU = "M4.5 7h15M4.5 12h15M4.5 17h15";
export const HASH = "M9.5 4.5 7.5 19.5M16.5 4.5l-2 15M5 9.5h15M4 14.5h15";
export const LOCK = "M6.5 11h11v8.5h-11ZM8.8 11V8.2a3.2 3.2 0 0 1 6.4 0V11";
export const BOX = "M4 5h16v4H4ZM5.5 9v10h13V9M10 12.5h4";
export const BOLT = "M13.5 3 5.5 13.5h6L10.5 21l8-10.5h-6Z";
export const SEND = "M4.5 19.5 20.5 12 4.5 4.5l2 7.5Zm2-7.5h6.5";
export const BACK = "M10.5 5.5 4 12l6.5 6.5M4.5 12H20";
export const DOWN = "M12 5v14m0 0 6-6m-6 6-6-6";
export const ABSENT = "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM6 6l12 12";
export const WARNING = "M12 4 3 19.5h18ZM12 10v4.2M12 16.8h.01";
export const SETTINGS = "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4";
export const WIRE = "M4 8h15m0 0-4-4m4 4-4 4M20 16H5m0 0 4-4m-4 4 4 4";
