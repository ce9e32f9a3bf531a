import { LineChart } from "@mantine/charts";
import type { Schema } from "../../api/client";
import { CHART_HEIGHT } from "../../ui/charts";
import { milliseconds, timeAxis } from "../../ui/format";
import { label, starts, type Stretch } from "./stretch";

type Point = Schema["LatencyPoint"];

const TOTAL = [
  { name: "p50", color: "teal.6", of: (ms: Point["latency_ms"]) => ms.p50 },
  { name: "p95", color: "blue.6", of: (ms: Point["latency_ms"]) => ms.p95 },
  { name: "p99", color: "grape.6", of: (ms: Point["latency_ms"]) => ms.p99 },
];
const PARTS = [
  { name: "Promptly, p95", color: "cyan.7", of: (ms: Point["latency_ms"]) => ms.overhead_p95 },
  { name: "Provider, p95", color: "orange.6", of: (ms: Point["latency_ms"]) => ms.provider_p95 },
  { name: "First byte of a stream, p95", color: "pink.6", of: (ms: Point["latency_ms"]) => ms.first_byte_p95 },
];

/** A line for each percentile. Where there were no requests it is broken. */
export function lines(points: readonly Point[], stretch: Stretch, parts: boolean): Record<string, number | string | null>[] {
  const known = new Map(points.map((point) => [Date.parse(point.time), point.latency_ms]));
  return starts(points, stretch).map(({ start, partial }) => {
    const ms = known.get(start);
    const values = (parts ? PARTS : TOTAL).map(({ name, of }) => [name, (ms && of(ms)) ?? null]);
    return { time: label(start, stretch.interval) + (partial ? " (part)" : ""), ...Object.fromEntries(values) };
  });
}

export default function LatencyChart({ points, stretch, parts }: { points: readonly Point[]; stretch: Stretch; parts: boolean }) {
  const data = lines(points, stretch, parts);
  const shown = parts ? PARTS : TOTAL;
  const largest = Math.max(0, ...data.flatMap((line) => shown.map(({ name }) => Number(line[name] ?? 0))));
  return (
    <LineChart
      h={CHART_HEIGHT}
      data={data}
      dataKey="time"
      series={shown.map(({ name, color }) => ({ name, color }))}
      curveType="linear"
      connectNulls={false}
      lineProps={{ isAnimationActive: false }}
      valueFormatter={(value) => milliseconds(value)}
      withLegend
      legendProps={{ verticalAlign: "bottom" }}
      yAxisProps={{ width: 76, tickFormatter: timeAxis(largest) }}
      xAxisProps={{ minTickGap: 24 }}
      role="img"
      aria-label={`Latency per ${stretch.interval}, in milliseconds: ${shown.map(({ name }) => name).join("; ")}`}
    />
  );
}
