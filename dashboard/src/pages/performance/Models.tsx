import { Table, Text } from "@mantine/core";
import type { Schema } from "../../api/client";
import { Link } from "../../app/router";
import { count, DASH, milliseconds, percent } from "../../ui/format";
import { SortHead, useSort } from "../../ui/sort";
import { Wide } from "../../ui/states";
import { Change } from "../costs/Rows";
import { change } from "../costs/period";

type Use = Schema["ModelUse"];

interface Row {
  use: Use;
  before: number | null;
}

const COLUMNS = {
  model: ({ use }: Row) => use.model,
  requests: ({ use }: Row) => use.requests,
  p50: ({ use }: Row) => use.latency_p50_ms,
  p95: ({ use }: Row) => use.latency_p95_ms,
  p99: ({ use }: Row) => use.latency_p99_ms,
  before: ({ before }: Row) => before,
  change: ({ use, before }: Row) => (before === null || use.latency_p99_ms === null ? null : change(use.latency_p99_ms, before)),
  failed: ({ use }: Row) => use.error_rate,
};

/** Each model's latencies beside those of the period before. Its name leaves only that model on the page, or all again. */
export function Models({ found, earlier, query, chosen }: { found: readonly Use[]; earlier: readonly Use[]; query: URLSearchParams; chosen: string }) {
  const known = new Map(earlier.map((use) => [`${use.provider}/${use.model}`, use.latency_p99_ms]));
  const rows = found.map((use) => ({ use, before: known.get(`${use.provider}/${use.model}`) ?? null }));
  const { sorted, head } = useSort(rows, COLUMNS, "requests");
  const only = (model: string): string => {
    const next = new URLSearchParams(query);
    if (model) next.set("model", model);
    else next.delete("model");
    return `/performance${next.size ? `?${next}` : ""}`;
  };
  return (
    <Wide label="Latency by model, table" width={760}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <SortHead {...head("model")}>Model</SortHead>
            <SortHead right {...head("requests")}>Requests</SortHead>
            <SortHead right {...head("p50")}>p50</SortHead>
            <SortHead right {...head("p95")}>p95</SortHead>
            <SortHead right {...head("p99")}>p99</SortHead>
            <SortHead right {...head("before")}>p99 before</SortHead>
            <SortHead right {...head("change")}>Difference</SortHead>
            <SortHead right {...head("failed")}>Failed</SortHead>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {sorted.map(({ use, before }) => (
            <Table.Tr key={`${use.provider}/${use.model}`} bg={use.model === chosen ? "var(--mantine-primary-color-light)" : undefined}>
              <Table.Td className="name">
                <Link to={only(use.model === chosen ? "" : use.model)}>{use.model}</Link>{" "}
                <Text span size="xs" c="dimmed">
                  {use.provider ?? "no provider"}
                  {use.model === chosen && ", shown alone"}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{count(use.requests)}</Table.Td>
              <Table.Td ta="right">{milliseconds(use.latency_p50_ms)}</Table.Td>
              <Table.Td ta="right">{milliseconds(use.latency_p95_ms)}</Table.Td>
              <Table.Td ta="right">{milliseconds(use.latency_p99_ms)}</Table.Td>
              <Table.Td ta="right">{milliseconds(before)}</Table.Td>
              <Table.Td ta="right">{before === null || use.latency_p99_ms === null ? DASH : <Change now={use.latency_p99_ms} before={before} />}</Table.Td>
              <Table.Td ta="right">{percent(use.error_rate)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}
