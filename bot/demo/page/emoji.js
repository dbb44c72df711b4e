// Emoji by Slack's names: those the bot and its people use. One that is not here is shown by its name.

const EMOJI = {
  "+1": "👍",
  thumbsup: "👍",
  "-1": "👎",
  thumbsdown: "👎",
  ok_hand: "👌",
  pray: "🙏",
  clap: "👏",
  wave: "👋",
  raised_hands: "🙌",
  muscle: "💪",
  point_right: "👉",
  point_up: "☝️",
  handshake: "🤝",
  writing_hand: "✍️",
  heart: "❤️",
  yellow_heart: "💛",
  blue_heart: "💙",
  green_heart: "💚",
  sparkles: "✨",
  star: "⭐",
  fire: "🔥",
  tada: "🎉",
  rocket: "🚀",
  zap: "⚡",
  bulb: "💡",
  eyes: "👀",
  thinking_face: "🤔",
  smile: "😄",
  slightly_smiling_face: "🙂",
  grinning: "😀",
  joy: "😂",
  wink: "😉",
  blush: "😊",
  cry: "😢",
  sweat_smile: "😅",
  robot_face: "🤖",
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  warning: "⚠️",
  no_entry: "⛔",
  question: "❓",
  exclamation: "❗",
  information_source: "ℹ️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  clock3: "🕒",
  stopwatch: "⏱️",
  repeat: "🔁",
  arrows_counterclockwise: "🔄",
  octagonal_sign: "🛑",
  pencil2: "✏️",
  art: "🎨",
  wastebasket: "🗑️",
  lock: "🔒",
  key: "🔑",
  link: "🔗",
  paperclip: "📎",
  memo: "📝",
  page_facing_up: "📄",
  framed_picture: "🖼️",
  file_folder: "📁",
  speech_balloon: "💬",
  bell: "🔔",
  calendar: "📅",
  mag: "🔍",
  gear: "⚙️",
  "flag-ua": "🇺🇦",
};

/** Return the character of an emoji, or `undefined`; `name` is without colons, with or without a skin tone. */
export function findEmoji(name) {
  const plain = String(name).split("::")[0];
  return Object.hasOwn(EMOJI, plain) ? EMOJI[plain] : undefined;
}

/** Return the character of a rich text emoji: Slack's own `unicode` code points, else its name, else `:name:`. */
export function writeEmoji({ name, unicode }) {
  const points = typeof unicode === "string" ? unicode.split("-").map((point) => Number.parseInt(point, 16)) : [];
  const isKnown = points.length > 0 && points.every((point) => point > 0 && point <= 0x10ffff);
  return isKnown ? String.fromCodePoint(...points) : (findEmoji(name) ?? `:${name}:`);
}
