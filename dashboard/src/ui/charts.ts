// What charts have in common: their height, how their axes are written, and a colour for each name, the same on every page and in every period.
import { compact, money } from "./format";

/** On a phone the legend takes more lines, and leaves the bars less. */
export const CHART_HEIGHT = { base: 320, xs: 260 };

/** Dollars along an axis. */
export function dollars(usd: number): string {
  return Math.abs(usd) < 10_000 ? money(usd) : `$${compact(usd)}`;
}

const PALETTE = ["teal.6", "blue.6", "grape.6", "orange.6", "cyan.7", "pink.6", "lime.7", "indigo.4", "yellow.6", "red.7", "violet.8", "green.8"] as const;

/** Colours that names were given, by the kind of the names. */
export type Given = Map<string, Map<string, string>>;

const given: Given = new Map();

/** A colour for each name, in their order; not more names than there are colours. Each begins its search for a free one at a place that its letters tell, so that mostly it is the same on another day as well. */
export function coloursOf(kind: string, names: readonly string[], before: Given = given): string[] {
  const known = before.get(kind) ?? new Map<string, string>();
  before.set(kind, known);
  const shown = new Set<string>();
  // By the letters: which one costs most differs between periods.
  const sorted = [...new Set(names)].sort((one, other) => Number(known.has(other)) - Number(known.has(one)) || (one < other ? -1 : 1));
  for (const name of sorted) {
    const order = PALETTE.map((_, at) => PALETTE[(hash(name) + at) % PALETTE.length] ?? PALETTE[0]);
    const taken = new Set(known.values());
    const free = (colour: string) => !shown.has(colour);
    const kept = known.get(name);
    // Once all are taken some names share one, and what is shown together may not.
    const colour = kept !== undefined && free(kept) ? kept : (order.find((one) => !taken.has(one)) ?? order.find(free) ?? order[0] ?? PALETTE[0]);
    known.set(name, colour);
    shown.add(colour);
  }
  return names.map((name) => known.get(name) ?? PALETTE[0]);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
