import { BarChart } from "@mantine/charts";
import type { Schema } from "../../api/client";
import { CHART_HEIGHT, coloursOf } from "../../ui/charts";
import { compact, count, money } from "../../ui/format";

type Breakdown = Schema["Breakdown"];

const SHOWN = 6; // rows; what the others have is one more part of a bar
const OTHER = "all others";

type Interval = "hour" | "day" | "week" | "month";
type What = "cost" | "errors";

const VALUE: Record<What, (use: Schema["Use"]) => number> = { cost: (use) => use.cost_usd, errors: (use) => use.errors };

/** The rows that are shown by name, largest first, each name once; and whether there are others. */
export function shownOf(found: Breakdown, names: readonly string[], what: What): { shown: string[]; others: boolean } {
  const named = found.rows.map(({ use }, at) => ({ name: names[at] ?? OTHER, value: VALUE[what](use) })).filter(({ value }) => value > 0);
  const all = [...new Set(named.sort((one, other) => other.value - one.value).map(({ name }) => name))];
  return { shown: all.slice(0, SHOWN), others: all.length > SHOWN };
}

/** A bar for each interval: the first rows, and what the others have. */
export function bars(found: Breakdown, names: readonly string[], of: Interval, what: What = "cost"): Record<string, number | string>[] {
  const { shown } = shownOf(found, names, what);
  const made = found.intervals.map(({ start, partial }) => ({ start, bar: { time: label(start, of) + (partial ? " (part)" : "") } as Record<string, number | string> }));
  const byTime = new Map(made.map(({ start, bar }) => [Date.parse(start), bar]));
  for (const [at, row] of found.rows.entries()) {
    if (VALUE[what](row.use) === 0) continue;
    const own = names[at] ?? OTHER;
    const name = shown.includes(own) ? own : OTHER;
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
  const { shown, others } = shownOf(found, names, what);
  const colours = coloursOf(found.by.join(), shown);
  const series = shown.map((name, at) => ({ name, color: colours[at] ?? "gray.5" }));
  return (
    <BarChart
      h={CHART_HEIGHT}
      data={data}
      dataKey="time"
      type="stacked"
      series={others ? [...series, { name: OTHER, color: "gray.5" }] : series}
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
