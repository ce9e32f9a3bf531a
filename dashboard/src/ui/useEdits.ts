import { useState } from "react";

/** What somebody changes of what is saved, and has not saved yet. All else follows what is saved, whoever changes it. */
export function useEdits<T extends object>(saved: T) {
  const [kept, setKept] = useState<Partial<T>>({});
  const names = (Object.keys(kept) as (keyof T)[]).filter((name) => kept[name] !== saved[name]);
  const edits = Object.fromEntries(names.map((name) => [name, kept[name]])) as Partial<T>;
  // What is saved by now, or is as it was, is nobody's edit any more.
  if (names.length < Object.keys(kept).length) setKept(edits);
  return {
    draft: { ...saved, ...edits },
    edits,
    changed: names.length > 0,
    set: (change: Partial<T>) => setKept((before) => ({ ...before, ...change })),
    undo: () => setKept({}),
  };
}
