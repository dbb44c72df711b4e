// The way to the server: what happens there comes as server-sent events, what a person does goes as a POST.

const RETRY_MS = 1500;

/** Follow the workspace as `user` sees it, into the store, until the returned function is called. */
export function follow(store, user) {
  let source;
  let timer;
  function open() {
    source = new EventSource(`/live?user=${encodeURIComponent(user)}`);
    source.addEventListener("snapshot", (event) => store.takeSnapshot(JSON.parse(event.data)));
    source.addEventListener("change", (event) => store.takeChange(JSON.parse(event.data)));
    source.addEventListener("traffic", (event) => store.takeTraffic(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      store.change({ link: "lost" });
      source.close();
      timer = setTimeout(open, RETRY_MS);
    });
  }
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/**
 * Do something as a person: `act` is its name, `details` what it needs; see docs/playground.md. Returns the server's
 * answer, or throws an Error whose `message` is the server's word for what was wrong, `unreachable` if it is away.
 */
export async function act(name, details) {
  let response;
  try {
    response = await fetch("/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ act: name, ...details }),
    });
  } catch {
    throw new Error("unreachable");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? "unreachable");
  return answer;
}
