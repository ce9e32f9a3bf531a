// Where the keyboard's place is when what it was at has gone.
import type { MutationCache } from "@tanstack/react-query";

export function nowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** The heading of the panel that holds an element. */
export function heading(of: Element | null): HTMLElement | null {
  return of?.closest("section")?.querySelector("h2") ?? null;
}

/** A button that waits is disabled, and the browser takes the focus from it. It gets it back, or else its panel's heading does. */
export function keepFocus(cache: MutationCache): void {
  const places = new WeakMap<object, (HTMLElement | null)[]>();
  cache.subscribe((event) => {
    if (event.type !== "updated") return;
    const { mutation, action } = event;
    if (action.type === "pending") {
      const at = document.activeElement;
      if (at instanceof HTMLElement) places.set(mutation, [at, heading(at)]);
    }
    if (action.type !== "success" && action.type !== "error") return;
    requestAnimationFrame(() => {
      for (const place of places.get(mutation) ?? []) {
        if (action.type === "success" && place?.closest("[role=dialog]")) continue; // it closes, and gives the focus back itself
        if (nowhere()) place?.focus({ preventScroll: true }); // does nothing where it is gone, hidden or disabled
      }
    });
  });
}
