// What a breakdown's chart shows: the rows that have most, and what is left of all.
import type { Schema } from "../../api/client";
import type { Column } from "../../ui/Chart";

type Breakdown = Schema["Breakdown"];

const SHOWN = 6; // rows; what the others have is one more part of a bar
export const OTHER = "all others";

export type Interval = "hour" | "day" | "week" | "month";
export type What = "cost" | "errors";

const VALUE: Record<What, (use: Schema["Use"]) => number> = { cost: (use) => use.cost_usd, errors: (use) => use.errors };

/** The rows that are shown by name, largest first, each name once; and whether there are others. */
export function shownOf(found: Breakdown, names: readonly string[], what: What): { shown: string[]; others: boolean } {
  const named = found.rows.map(({ use }, at) => ({ name: names[at] ?? OTHER, value: VALUE[what](use) })).filter(({ value }) => value > 0);
  const all = [...new Set(named.sort((one, other) => other.value - one.value).map(({ name }) => name))];
  return { shown: all.slice(0, SHOWN), others: all.length > SHOWN || VALUE[what](found.other) + VALUE[what](found.without) > 0 };
}

/** What all rows had in each interval, in the order of the intervals. */
export function totals(found: Breakdown, what: What = "cost"): number[] {
  const at = new Map(found.intervals.map(({ start }, place) => [Date.parse(start), place]));
  const sums = found.intervals.map(() => 0);
  for (const row of found.rows) {
    for (const { time, use } of row.points) {
      const place = at.get(Date.parse(time));
      if (place !== undefined) sums[place] = (sums[place] ?? 0) + VALUE[what](use);
    }
  }
  return sums;
}

/** A column for each interval: the rows of `shownOf`, then what is left of `all`, which is what every request had. */
export function bars(found: Breakdown, names: readonly string[], of: Interval, what: What = "cost", all: readonly number[] = totals(found, what)): Column[] {
  const { shown, others } = shownOf(found, names, what);
  const at = new Map(found.intervals.map(({ start }, place) => [Date.parse(start), place]));
  const values = found.intervals.map(() => shown.map(() => 0));
  for (const [place, row] of found.rows.entries()) {
    const named = shown.indexOf(names[place] ?? OTHER);
    for (const { time, use } of named < 0 ? [] : row.points) {
      const bar = values[at.get(Date.parse(time)) ?? -1];
      if (bar) bar[named] = (bar[named] ?? 0) + VALUE[what](use);
    }
  }
  return found.intervals.map(({ start, partial }, place) => {
    const own = values[place] ?? [];
    const left = (all[place] ?? 0) - own.reduce((sum, value) => sum + value, 0);
    return { label: label(start, of), partial, values: others ? [...own, left > 1e-9 ? left : 0] : own };
  });
}

function label(start: string, of: Interval): string {
  if (of === "hour") return new Date(start).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return new Date(start).toLocaleDateString(undefined, of === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" });
}
