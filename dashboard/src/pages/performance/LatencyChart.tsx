import type { Schema } from "../../api/client";
import { Chart, type Column } from "../../ui/Chart";
import { milliseconds, timeAxis } from "../../ui/format";
import { label, starts, STEP, type Stretch } from "./stretch";

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

/** A column for each interval with a value for each line. Where there were no requests there is none. `earlier`: the stretch before. */
export function lines(points: readonly Point[], stretch: Stretch, parts: boolean, earlier: readonly Point[] = []): Column[] {
  const step = STEP[stretch.interval];
  const shift = Math.round((Date.parse(stretch.to) - Date.parse(stretch.from)) / step) * step; // 90 days are no whole weeks
  const known = new Map(points.map((point) => [Date.parse(point.time), point.latency_ms]));
  const then = new Map(earlier.map((point) => [Date.parse(point.time) + shift, point.latency_ms]));
  return starts(points, stretch).map(({ start, partial }) => {
    const ms = known.get(start);
    return {
      label: label(start, stretch.interval),
      partial,
      values: (parts ? PARTS : TOTAL).map(({ of }) => (ms && of(ms)) ?? null),
      before: parts ? null : (then.get(start)?.p99 ?? null),
    };
  });
}

export default function LatencyChart({ points, earlier, stretch, parts }: { points: readonly Point[]; earlier: readonly Point[]; stretch: Stretch; parts: boolean }) {
  const columns = lines(points, stretch, parts, earlier);
  const shown = parts ? PARTS : TOTAL;
  const largest = Math.max(0, ...columns.flatMap(({ values, before }) => [...values, before ?? 0].map((value) => value ?? 0)));
  return (
    <Chart
      label={`Latency per ${stretch.interval}, in milliseconds: ${shown.map(({ name }) => name).join("; ")}`}
      axis={`Latency per ${stretch.interval}`}
      kind="lines"
      series={shown}
      columns={columns}
      write={milliseconds}
      tick={timeAxis(largest)}
      before="p99 in the period before"
    />
  );
}
