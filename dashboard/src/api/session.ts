// The session's token is all that is kept, and only until the tab is closed.
const NAME = "promptly-session";
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

export const session = {
  token: (): string | null => sessionStorage.getItem(NAME),
  begin(token: string): void {
    sessionStorage.setItem(NAME, token);
    tell();
  },
  end(): void {
    sessionStorage.removeItem(NAME);
    tell();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
