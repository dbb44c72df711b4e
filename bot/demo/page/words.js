// The page's own words in both languages.

export const WORDS = {
  en: {
    app: "APP",
    edited: "(edited)",
    onlyYou: "Only visible to you",
    thread: "Thread",
    messages: "Messages",
    replies: { one: "{n} reply", other: "{n} replies" },
    reactions: "Reactions",
    stop: "Stop",
    close: "Close",
    more: "More actions",
    choose: "Choose…",
    optional: "(optional)",
    unsupported: "This page can't draw a “{type}” block",
    noPicture: "The picture can't be shown: {alt}",
    download: "Download {name}",
    fileGone: "This file was deleted",
    confirm: "Are you sure?",
    here: "@here",
    channel: "@channel",
    everyone: "@everyone",
    group: "@group",
    empty: "This message has no text",
    pending: "not begun",
    inProgress: "in progress",
    complete: "done",
    error: "failed",
    appHome: "Home",
    suggested: "Suggestions",
    deleted: "This message was deleted.",
  },
  uk: {
    app: "БОТ",
    edited: "(змінено)",
    onlyYou: "Бачите лише ви",
    thread: "Гілка",
    messages: "Повідомлення",
    replies: { one: "{n} відповідь", few: "{n} відповіді", many: "{n} відповідей", other: "{n} відповіді" },
    reactions: "Реакції",
    stop: "Зупинити",
    close: "Закрити",
    more: "Інші дії",
    choose: "Виберіть…",
    optional: "(за бажанням)",
    unsupported: "Ця сторінка не вміє малювати блок «{type}»",
    noPicture: "Зображення не вдається показати: {alt}",
    download: "Завантажити {name}",
    fileGone: "Цей файл видалено",
    confirm: "Ви впевнені?",
    here: "@here",
    channel: "@channel",
    everyone: "@everyone",
    group: "@group",
    empty: "У цьому повідомленні немає тексту",
    pending: "ще не почато",
    inProgress: "триває",
    complete: "готово",
    error: "не вдалося",
    appHome: "Головна",
    suggested: "Підказки",
    deleted: "Це повідомлення видалено.",
  },
};

/** Return the language of the page's own words: `world.language`, or English where there are none in it. */
export function languageOf(world) {
  return Object.hasOwn(WORDS, world.language) ? world.language : "en";
}

/** Make the function that says one of `words`: names in braces are filled in from `values`, `n` chooses the plural form. */
export function makeSay(words) {
  return (world, name, values = {}) => {
    const language = languageOf(world);
    const found = words[language][name];
    const text = typeof found === "string" ? found : found[new Intl.PluralRules(language).select(values.n)];
    return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
  };
}

/** Say one of the words of what is drawn. */
export const say = makeSay(WORDS);

/** Return how times and days are written in that language. */
export function localeOf(world) {
  return languageOf(world) === "uk" ? "uk-UA" : "en-GB";
}

/** Write the hour and minute of a timestamp such as `1764019200.000100`. */
export function writeTime(world, ts) {
  const moment = new Date(Number(ts) * 1000);
  if (Number.isNaN(moment.getTime())) return "";
  return moment.toLocaleTimeString(localeOf(world), { hour: "2-digit", minute: "2-digit" });
}

/** Write a size in bytes. */
export function writeSize(world, bytes) {
  const units = languageOf(world) === "uk" ? ["Б", "кБ", "МБ"] : ["B", "kB", "MB"];
  const power = bytes < 1000 ? 0 : bytes < 1_000_000 ? 1 : 2;
  const number = bytes / 1000 ** power;
  const shown = number.toLocaleString(languageOf(world), { maximumFractionDigits: power && number < 10 ? 1 : 0 });
  return `${shown} ${units[power]}`;
}
