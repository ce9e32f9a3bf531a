// The few addresses of the dashboard: the browser's history is router enough.
import { Anchor, type AnchorProps } from "@mantine/core";
import { type MouseEvent, type ReactNode, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function go(to: string, replace = false): void {
  if (replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  for (const listener of listeners) listener();
  if (!replace) window.scrollTo(0, 0); // on the way back, the browser knows where one was
}

/** Path and query of the address at hand. */
export function useAddress(): { path: string; query: URLSearchParams } {
  const href = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  const [path = "/", query = ""] = href.split("?");
  return { path, query: new URLSearchParams(query) };
}

/** What a plain click on a link does; with a modifier the browser opens its tab. */
export function follow(to: string, then?: () => void) {
  return (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
    then?.();
  };
}

export function Link({ to, children, ...rest }: AnchorProps & { to: string; children: ReactNode }) {
  return (
    <Anchor size="sm" underline="always" href={to} onClick={follow(to)} {...rest}>
      {children}
    </Anchor>
  );
}
