// What can complete the words before the caret: commands at the beginning of a message, people and the bot after "@".

/** Slack's own command that brings somebody into a channel; here, the bot. */
export const INVITE = "/invite";

const SUBCOMMANDS = ["help", "status"];
const MENTION = /(?:^|[\s(])@([\p{L}\p{N}._-]*)$/u;

/**
 * Suggest completions of `before`, the text up to the caret: `{from, rows: [{label, hint, text}], isChosen}`. A row's
 * `text` replaces what stands from `from` to the caret; `isChosen` says that Enter takes the first of them.
 */
export function suggest(state, before) {
  if (before.startsWith("/")) return suggestCommands(state, before);
  const mention = MENTION.exec(before);
  if (!mention) return { from: 0, rows: [], isChosen: false };
  const rows = listPeople(state, mention[1].toLowerCase());
  return { from: before.length - mention[1].length - 1, rows, isChosen: true };
}

/** Return the command that a text begins with, if the workspace has it. */
export function findCommand(state, text) {
  const [word] = text.split(/\s/, 1);
  return (state.commands ?? []).find(({ command }) => command === word);
}

function suggestCommands(state, before) {
  const all = [...(state.commands ?? []).flatMap(listRows), ...listOwn(state)];
  const rows = all.filter(({ text }) => text.startsWith(before) && text.trim() !== before.trim());
  return { from: 0, rows, isChosen: !findCommand(state, before) && before !== INVITE };
}

function listRows({ command, description, usage_hint }) {
  const own = { label: command, hint: [usage_hint, description].filter(Boolean).join(" · "), text: `${command} ` };
  return [own, ...SUBCOMMANDS.map((word) => ({ label: `${command} ${word}`, word, text: `${command} ${word}` }))];
}

function listOwn({ channels, place, users, bot }) {
  const channel = channels[place.channel];
  if (!channel || channel.is_im || channel.has_bot) return [];
  const text = `${INVITE} @${users[bot]?.name}`;
  return [{ label: text, word: "invite", text }];
}

function listPeople({ users, me, bot }, typed) {
  const isMeant = ({ name, real_name }) => [name, real_name].some((one) => one?.toLowerCase().startsWith(typed));
  return Object.values(users)
    .filter((user) => user.id !== me && (!user.is_bot || user.id === bot) && isMeant(user))
    .sort((one, other) => Number(other.id === bot) - Number(one.id === bot))
    .map(({ name, real_name, is_bot, id }) => ({
      label: `@${name}`,
      hint: real_name,
      user: id,
      isBot: is_bot,
      text: `@${name} `,
    }));
}
