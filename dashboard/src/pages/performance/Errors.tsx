import { Table } from "@mantine/core";
import type { Schema } from "../../api/client";
import { Link } from "../../app/router";
import { count, DASH, percent } from "../../ui/format";
import { Wide } from "../../ui/states";
import { logOf, rowName } from "../costs/Rows";

type Breakdown = Schema["Breakdown"];

/** Who failed how often, most failures first, each with the way to those requests. */
export function Errors({ found, model }: { found: Breakdown; model: string }) {
  const byCode = found.by[0] === "error";
  const rows = found.rows.filter((row) => row.use.errors > 0).sort((one, other) => other.use.errors - one.use.errors);
  const failed: Record<string, string> = { ...(byCode ? {} : { status: "error" }), ...(model ? { model } : {}) };
  return (
    <Wide label="Errors, table" width={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{byCode ? "Code" : (found.by[0] ?? "").replace(/^./, (first) => first.toUpperCase())}</Table.Th>
            <Table.Th ta="right">Failed</Table.Th>
            <Table.Th ta="right">Share of errors</Table.Th>
            <Table.Th ta="right">{byCode ? "Share of all requests" : "Share of its requests"}</Table.Th>
            <Table.Th ta="right">Failed before</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {rows.map((row) => {
            const to = logOf(found, row.values, failed);
            const name = rowName(found, row);
            const all = byCode ? found.total.requests : row.use.requests;
            return (
              <Table.Tr key={row.values.join("\n")}>
                <Table.Td className="name">{to ? <Link to={to}>{name}</Link> : name}</Table.Td>
                <Table.Td ta="right">{count(row.use.errors)}</Table.Td>
                <Table.Td ta="right">{percent(row.use.errors / found.total.errors)}</Table.Td>
                <Table.Td ta="right">{all > 0 ? percent(row.use.errors / all) : DASH}</Table.Td>
                <Table.Td ta="right">{row.previous ? count(row.previous.errors) : DASH}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
        <Table.Tfoot className="figures">
          <Table.Tr>
            <Table.Th>Total</Table.Th>
            <Table.Th ta="right">{count(found.total.errors)}</Table.Th>
            <Table.Th />
            <Table.Th ta="right">{percent(found.total.errors / found.total.requests)}</Table.Th>
            <Table.Th ta="right">{found.previous ? count(found.previous.total.errors) : DASH}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </Wide>
  );
}
