// How a use of an element is told to whoever made the page live.

/** Tell that an element was used, with its `value`, the value of a choice, or a list of such. */
export function report(element, value, { world, block, source }) {
  const { type, action_id: actionId } = element;
  world.onAction?.({ type, action_id: actionId, block_id: block?.block_id, value }, source);
}
