// Moving a rule with a pointer: a mouse, a finger or a pen. With the keyboard, buttons do it.
import { type PointerEvent, useEffect, useRef, useState } from "react";

/** The list with one of its entries at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, at) => at !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}

export interface Dragging {
  id: string;
  /** How far the entry hangs from its place, in pixels. */
  by: number;
  /** Where it would come to lie. */
  to: number;
}

export function useDrag(ids: readonly string[], drop: (from: number, to: number) => void) {
  const rows = useRef(new Map<string, HTMLElement>());
  const start = useRef(0);
  const [dragging, setDragging] = useState<Dragging | null>(null);
  const active = dragging !== null;
  useEffect(() => {
    if (!active) return;
    const cancel = (event: KeyboardEvent): void => {
      if (event.key === "Escape") setDragging(null);
    };
    window.addEventListener("keydown", cancel);
    return () => window.removeEventListener("keydown", cancel);
  }, [active]);

  /** Above how many of the others' middles the pointer is not. */
  const place = (id: string, y: number): number =>
    ids.filter((other) => {
      const box = rows.current.get(other)?.getBoundingClientRect();
      return other !== id && box !== undefined && box.top + box.height / 2 < y;
    }).length;

  return {
    dragging,
    row: (id: string) => (element: HTMLElement | null) => {
      if (element) rows.current.set(id, element);
      else rows.current.delete(id);
    },
    grip: (id: string) => ({
      onPointerDown: (event: PointerEvent): void => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = event.clientY;
        setDragging({ id, by: 0, to: ids.indexOf(id) });
      },
      onPointerMove: (event: PointerEvent): void => {
        if (dragging?.id === id) setDragging({ id, by: event.clientY - start.current, to: place(id, event.clientY) });
      },
      onPointerUp: (): void => {
        if (dragging?.id !== id) return;
        setDragging(null);
        const from = ids.indexOf(id);
        if (from >= 0 && dragging.to !== from) drop(from, dragging.to);
      },
      onPointerCancel: (): void => setDragging(null),
    }),
  };
}
