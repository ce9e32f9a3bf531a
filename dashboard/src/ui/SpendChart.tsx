import type { Schema } from "../api/client";
import { Chart } from "./Chart";
import { dollars } from "./charts";
import { moneyColumn } from "./format";

type Point = Schema["SavingsPoint"];
type Interval = Schema["Savings"]["interval"];

const STEP: Record<Interval, number> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

interface Bar {
  time: number;
  spent: number;
  saved: number;
  /** The period begins or ends within it. */
  partial: boolean;
}

/** Every interval of the period, those without requests with nothing in them: a line over gaps would claim what was not. */
export function filled(points: readonly Point[], interval: Interval, days: number, now: number): Bar[] {
  const step = STEP[interval];
  const known = new Map(points.map((point) => [new Date(point.time).getTime(), point]));
  const anchor = Math.max(...known.keys());
  const begin = now - days * 86_400_000;
  let first = Math.min(...known.keys());
  while (first > begin) first -= step;
  let last = anchor;
  while (last + step <= now) last += step;
  const found = [];
  for (let time = first; time <= last; time += step) {
    const point = known.get(time);
    found.push({ time, spent: point?.cost_usd ?? 0, saved: point?.savings_usd ?? 0, partial: time < begin || time + step > now });
  }
  return found;
}

/** `earlier`: the points of the period before, as long, whose requests are `days` older. */
export default function SpendChart({ points, earlier, interval, days }: { points: readonly Point[]; earlier: readonly Point[]; interval: Interval; days: number }) {
  const shift = Math.round((days * 86_400_000) / STEP[interval]) * STEP[interval]; // 90 days are no whole weeks
  const then = new Map(earlier.map((point) => [Date.parse(point.time) + shift, point.cost_usd]));
  const found = filled(points, interval, days, Date.now());
  const columns = found.map(({ time, spent, saved, partial }) => ({ label: label(time, interval), partial, values: [spent, saved], before: then.size > 0 ? (then.get(time) ?? 0) : null }));
  return (
    <Chart
      label={`Spent and saved per ${interval}, in dollars`}
      axis={`Dollars per ${interval}`}
      // Stacked, the two make up what the requests would have cost; not where something cost more than that.
      kind={found.some(({ saved }) => saved < 0) ? "grouped" : "stacked"}
      series={[
        { name: "Spent", color: "gray.6" },
        { name: "Saved", color: "teal.6" },
      ]}
      columns={columns}
      write={moneyColumn(found.flatMap(({ spent, saved }) => [spent, saved]))}
      tick={dollars}
      total="Without Promptly"
      before="Spent in the period before"
    />
  );
}

function label(time: number, interval: Interval): string {
  const date = new Date(time);
  return interval === "hour"
    ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
}
