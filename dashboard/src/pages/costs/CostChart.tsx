import { BarChart } from "@mantine/charts";
import type { Schema } from "../../api/client";
import { compact, count, money } from "../../ui/format";

type Breakdown = Schema["Breakdown"];

const COLORS = ["teal.6", "blue.6", "grape.6", "orange.6", "cyan.7", "pink.6"];
const OTHER = "all others";

type Interval = "hour" | "day" | "week" | "month";
type What = "cost" | "errors";

const VALUE: Record<What, (use: Schema["Use"]) => number> = { cost: (use) => use.cost_usd, errors: (use) => use.errors };

/** A bar for each interval: the first rows, and what the others have. */
export function bars(found: Breakdown, names: readonly string[], of: Interval, what: What = "cost"): Record<string, number | string>[] {
  const rows = found.rows.slice(0, COLORS.length);
  const made = found.intervals.map(({ start, partial }) => ({ start, bar: { time: label(start, of) + (partial ? " (part)" : "") } as Record<string, number | string> }));
  const byTime = new Map(made.map(({ start, bar }) => [Date.parse(start), bar]));
  for (const [at, row] of found.rows.entries()) {
    const name = at < rows.length ? (names[at] ?? OTHER) : OTHER;
    for (const point of row.points) {
      const bar = byTime.get(Date.parse(point.time));
      if (bar) bar[name] = Number(bar[name] ?? 0) + VALUE[what](point.use);
    }
  }
  return made.map(({ bar }) => bar);
}

export default function CostChart({ found, names, of, what = "cost" }: { found: Breakdown; names: readonly string[]; of: Interval; what?: What }) {
  const data = bars(found, names, of, what);
  const ticks = what === "errors" ? compact : (value: number) => (Math.abs(value) < 10_000 ? money(value) : `$${compact(value)}`);
  const shown = [...names.slice(0, COLORS.length), ...(found.rows.length > COLORS.length ? [OTHER] : [])];
  return (
    <BarChart
      h={260}
      data={data}
      dataKey="time"
      type="stacked"
      series={shown.map((name, at) => ({ name, color: COLORS[at] ?? "gray.5" }))}
      maxBarWidth={36}
      barProps={{ isAnimationActive: false }}
      valueFormatter={(value) => (what === "errors" ? count(value) : money(value))}
      withLegend
      legendProps={{ verticalAlign: "bottom" }}
      yAxisProps={{ width: 76, tickFormatter: ticks, allowDecimals: what !== "errors" }}
      xAxisProps={{ minTickGap: 24 }}
      role="img"
      aria-label={what === "errors" ? `Failed requests per ${of}` : `Cost per ${of}, in dollars, of the rows that cost most`}
    />
  );
}

function label(start: string, of: Interval): string {
  if (of === "hour") return new Date(start).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return new Date(start).toLocaleDateString(undefined, of === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" });
}
