// The session's token is all that is kept, and only until the tab is closed. A new tab asks the others of the same origin for theirs;
// what is said on the channel is in memory and nowhere else (docs/decisions/0016-dashboard.md).
const NAME = "promptly-session";
const PATIENCE = 200; // ms that the page waits for another tab before it asks to sign in; a later answer still counts

type Message = { says: "who" } | { says: "token"; token: string } | { says: "ended"; token: string };

const listeners = new Set<() => void>();
const channel = new BroadcastChannel(NAME);
let wanted = false;
let waiting = false;

function notify(): void {
  for (const listener of listeners) listener();
}

function publish(message: Message): void {
  channel.postMessage(message);
}

function keep(token: string | null): void {
  wanted = waiting = false;
  if (token === null) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, token);
  notify();
}

channel.addEventListener("message", (event: MessageEvent<Message>) => {
  const message = event.data;
  const token = session.token();
  if (message.says === "who" && token) publish({ says: "token", token });
  if (message.says === "token" && wanted && !token) keep(message.token);
  // Somebody else may be signed in here: only the session that has ended ends.
  if (message.says === "ended" && message.token === token) keep(null);
});

export const session = {
  token: (): string | null => sessionStorage.getItem(NAME),
  begin: (token: string): void => keep(token),
  /** Ends it in every tab. */
  end(): void {
    const token = session.token();
    if (token) publish({ says: "ended", token });
    keep(null);
  },
  /** Asks the other tabs, where this one has no session. */
  recall(): void {
    if (session.token()) return;
    wanted = waiting = true;
    publish({ says: "who" });
    setTimeout(() => {
      waiting = false;
      notify();
    }, PATIENCE);
  },
  /** Whether another tab may still answer. */
  waiting: (): boolean => waiting,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
