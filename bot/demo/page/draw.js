// Draws what a workspace shows: messages, threads, modals and the App Home, from Slack's JSON, as nodes.
//
// Every function takes a `world`:
//   language   "en" or "uk": the page's own words
//   me         the id of the user who looks
//   users      by id: {name, real_name, is_bot}          as users.info has them
//   channels   by id: {name, is_im, is_private}          as conversations.info has them
//   files      by id: the address of the content: data:, or of a server that sends it as an attachment
// and, where the page is live, what is called:
//   onAction(action, source)     an element of a message or view was used; action: {type, action_id, block_id, value}
//   onSubmit(view, answers)      answers by action_id, or block_id where there is none
//   onClose(view) · onThread(message) · onFile(file) · onStop() · onPrompt(text)
//
// No function keeps anything, and none looks anything up outside its arguments.

export { drawBlocks } from "./blocks.js";
export { drawConfirm } from "./confirm.js";
export { readAnswers } from "./controls.js";
export { drawMessage, drawMessages, drawStatus, drawSuggestedPrompts, drawThread } from "./messages.js";
export { drawHome, drawModal } from "./views.js";
