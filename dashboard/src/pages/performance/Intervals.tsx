import { Table } from "@mantine/core";
import type { Schema } from "../../api/client";
import { Link } from "../../app/router";
import { count, milliseconds } from "../../ui/format";
import { Wide } from "../../ui/states";
import { label, starts, STEP, type Stretch } from "./stretch";

type Point = Schema["LatencyPoint"];

/** The requests of an interval that took as long as its p95 or longer. */
export function slowest(point: Point, stretch: Stretch, model: string): string {
  const start = Date.parse(point.time);
  const query = new URLSearchParams({
    from: new Date(Math.max(start, Date.parse(stretch.from))).toISOString(),
    to: new Date(Math.min(start + STEP[stretch.interval], Date.parse(stretch.to))).toISOString(),
    ...(model ? { model } : {}),
    // A percentile is the middle of its bucket, so requests that are as slow may lie a little below it.
    ...(point.latency_ms.p95 === null ? {} : { min_latency_ms: String(Math.floor(point.latency_ms.p95 * 0.98)) }),
  });
  return `/requests?${query}`;
}

/** The chart's figures, newest first, each with the way to its slowest requests. */
export function Intervals({ points, stretch, model }: { points: readonly Point[]; stretch: Stretch; model: string }) {
  const partial = new Map(starts(points, stretch).map((one) => [one.start, one.partial]));
  return (
    <Wide label="Latency over time, table" width={model ? 520 : 860} height={320}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>From</Table.Th>
            <Table.Th ta="right">Requests</Table.Th>
            <Table.Th ta="right">p50</Table.Th>
            <Table.Th ta="right">p95</Table.Th>
            <Table.Th ta="right">p99</Table.Th>
            {!model && (
              <>
                <Table.Th ta="right">Promptly, p95</Table.Th>
                <Table.Th ta="right">Provider, p95</Table.Th>
                <Table.Th ta="right">First byte, p95</Table.Th>
              </>
            )}
            <Table.Th ta="right">The slowest</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {[...points].reverse().map((point) => {
            const start = Date.parse(point.time);
            const name = label(start, stretch.interval);
            const ms = point.latency_ms;
            return (
              <Table.Tr key={point.time}>
                <Table.Td>
                  {name}
                  {partial.get(start) && " (part)"}
                </Table.Td>
                <Table.Td ta="right">{count(point.requests)}</Table.Td>
                <Table.Td ta="right">{milliseconds(ms.p50)}</Table.Td>
                <Table.Td ta="right">{milliseconds(ms.p95)}</Table.Td>
                <Table.Td ta="right">{milliseconds(ms.p99)}</Table.Td>
                {!model && (
                  <>
                    <Table.Td ta="right">{milliseconds(ms.overhead_p95)}</Table.Td>
                    <Table.Td ta="right">{milliseconds(ms.provider_p95)}</Table.Td>
                    <Table.Td ta="right">{milliseconds(ms.first_byte_p95)}</Table.Td>
                  </>
                )}
                <Table.Td ta="right">
                  <Link to={slowest(point, stretch, model)} aria-label={`The slowest requests of ${name}`}>
                    Requests
                  </Link>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}
