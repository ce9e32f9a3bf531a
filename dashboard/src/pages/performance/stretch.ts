// Periods of the performance page, and what they are cut into.
export type Interval = "hour" | "day" | "week";

export interface Stretch {
  from: string;
  to: string;
  interval: Interval;
}

export const PERIODS = [
  { value: "24h", label: "Last 24 hours", hours: 24 },
  { value: "7d", label: "Last 7 days", hours: 168 },
  { value: "30d", label: "Last 30 days", hours: 720 },
  { value: "90d", label: "Last 90 days", hours: 2160 },
] as const;

export type Period = (typeof PERIODS)[number]["value"];

/** What a period can be cut into; the first is taken where nothing is chosen. */
export const INTERVALS: Record<Period, readonly [Interval, ...Interval[]]> = {
  "24h": ["hour"],
  "7d": ["day", "hour"],
  "30d": ["day", "week"],
  "90d": ["week", "day"],
};

export const BY = [
  { value: "error", label: "by code" },
  { value: "model", label: "by model" },
  { value: "provider", label: "by provider" },
  { value: "endpoint", label: "by endpoint" },
  { value: "key", label: "by key" },
] as const;

export const STEP: Record<Interval, number> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

export function stretchOf(name: Period, interval: Interval, now: number): Stretch {
  const hours = PERIODS.find((one) => one.value === name)?.hours ?? 168;
  return { from: new Date(now - hours * 3_600_000).toISOString(), to: new Date(now).toISOString(), interval };
}

/** The stretch before, as long. */
export function before({ from, to, interval }: Stretch): Stretch {
  const length = Date.parse(to) - Date.parse(from);
  return { from: new Date(Date.parse(from) - length).toISOString(), to: from, interval };
}

/** A stretch's intervals by their starts, those without requests too, and whether the stretch holds only a part of each. */
export function starts(points: readonly { time: string }[], { from, to, interval }: Stretch): { start: number; partial: boolean }[] {
  const [step, begin, end] = [STEP[interval], Date.parse(from), Date.parse(to)];
  const known = points.map(({ time }) => Date.parse(time));
  if (known.length === 0) return [];
  let first = Math.min(...known);
  while (first > begin) first -= step;
  const found = [];
  for (let start = first; start < end; start += step) found.push({ start, partial: start < begin || start + step > end });
  return found;
}

/** An hour by the viewer's clocks; a day or a week by its date in UTC, as it was counted. */
export function label(start: number, interval: Interval): string {
  const date = new Date(start);
  return interval === "hour"
    ? date.toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(undefined, { weekday: interval === "day" ? "short" : undefined, day: "numeric", month: "short", timeZone: "UTC" });
}
