import { BarChart } from "@mantine/charts";
import type { Schema } from "../api/client";
import { compact, money } from "./format";

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

export default function SpendChart({ points, interval, days }: { points: readonly Point[]; interval: Interval; days: number }) {
  const data = filled(points, interval, days, Date.now()).map(({ time, spent, saved, partial }) => ({
    time: label(time, interval) + (partial ? " (part)" : ""),
    Spent: spent,
    Saved: saved,
  }));
  return (
    <BarChart
      h={260}
      data={data}
      dataKey="time"
      // Stacked, the two make up what the requests would have cost; not where something cost more than that.
      type={data.some((point) => point.Saved < 0) ? "default" : "stacked"}
      series={[
        { name: "Spent", color: "gray.6" },
        { name: "Saved", color: "teal.6" },
      ]}
      maxBarWidth={36}
      barProps={{ isAnimationActive: false }} // it is read again every half a minute
      valueFormatter={(value) => money(value)}
      withLegend
      legendProps={{ verticalAlign: "bottom" }}
      yAxisProps={{ width: 76, tickFormatter: (value: number) => (Math.abs(value) < 10_000 ? money(value) : `$${compact(value)}`) }}
      xAxisProps={{ minTickGap: 24 }}
      role="img"
      aria-label={`Spent and saved per ${interval}, in dollars`}
    />
  );
}

function label(time: number, interval: Interval): string {
  const date = new Date(time);
  return interval === "hour"
    ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
}
