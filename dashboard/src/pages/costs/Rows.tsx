import { Table, Text } from "@mantine/core";
import type { Schema } from "../../api/client";
import { Link } from "../../app/router";
import { count, DASH, moneyColumn, percent } from "../../ui/format";
import { SortHead, useSort } from "../../ui/sort";
import { Wide } from "../../ui/states";
import { dimensionName } from "./By";
import { change } from "./period";

type Breakdown = Schema["Breakdown"];
type Use = Schema["Use"];

/** What a row is called: its values, a key and a team by its name. */
export function rowName(found: Breakdown, row: Breakdown["rows"][number]): string {
  return row.values.map((value, at) => (found.by[at] === "key" && row.key_name) || (found.by[at] === "team" && row.team_name) || value || "none").join(" · ");
}

// Where the request log has a filter for a dimension.
const FILTERS: Record<string, string> = { key: "key_id", endpoint: "kind", model: "model", client: "client", user: "user", team: "team_id", error: "error_code" };

/** The requests behind a row, where the log can be narrowed to them; `more` are filters besides. */
export function logOf(found: Breakdown, values: readonly string[], more: Record<string, string> = {}): string | null {
  const query = new URLSearchParams({ from: found.from, to: found.to, ...more });
  for (const [at, name] of found.by.entries()) {
    const visits = name === "key" && values[at] === "playground"; // the keys of all visits: their requests have a tag
    if (visits || name.startsWith("tag:")) {
      if (query.has("tag")) return null;
      query.set("tag", visits ? "source=playground" : `${name.slice(4)}=${values[at] ?? ""}`);
      continue;
    }
    const filter = FILTERS[name];
    if (filter === undefined) return null;
    query.set(filter, values[at] ?? "");
  }
  return `/requests?${query}`;
}

type Row = Breakdown["rows"][number];

const share = ({ use, previous }: Row): number | null => (previous ? (change(use.cost_usd, previous.cost_usd) ?? (use.cost_usd > 0 ? Infinity : null)) : null);

export function Rows({ found }: { found: Breakdown }) {
  const { sorted, head } = useSort(
    found.rows,
    {
      name: (row) => rowName(found, row),
      cost: ({ use }) => use.cost_usd,
      before: ({ previous }) => previous?.cost_usd ?? null,
      change: share,
      saved: ({ use }) => use.savings_usd,
      requests: ({ use }) => use.requests,
      failed: ({ use }) => (use.requests > 0 ? use.errors / use.requests : null),
      input: ({ use }) => use.input_tokens,
      output: ({ use }) => use.output_tokens,
    },
    "cost",
  );
  const uses = [...found.rows.map((row) => row.use), found.other, found.without, found.total];
  const written = {
    cost: moneyColumn(uses.map((use) => use.cost_usd)),
    before: moneyColumn([...found.rows.map((row) => row.previous?.cost_usd), found.previous?.total.cost_usd]),
    saved: moneyColumn(uses.map((use) => use.savings_usd)),
  };
  const rest: [string, Use][] = [
    ["all others", found.other],
    [`without ${found.by.map((one) => dimensionName(one).toLowerCase()).join(" and ")}`, found.without],
  ];
  return (
    <Wide label="Costs, table" width={760}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <SortHead {...head("name")}>{found.by.map(dimensionName).join(" · ")}</SortHead>
            <SortHead right {...head("cost")}>Cost</SortHead>
            <Table.Th ta="right">Share</Table.Th>
            <SortHead right {...head("before")}>Before</SortHead>
            <SortHead right {...head("change")}>Difference</SortHead>
            <SortHead right {...head("saved")}>Saved</SortHead>
            <SortHead right {...head("requests")}>Requests</SortHead>
            <SortHead right {...head("failed")}>Failed</SortHead>
            <SortHead right {...head("input")}>Tokens in</SortHead>
            <SortHead right {...head("output")}>Tokens out</SortHead>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {sorted.map((row) => {
            const to = logOf(found, row.values);
            const name = rowName(found, row);
            return (
              <Table.Tr key={row.values.join("\n")}>
                <Table.Td className="name">{to ? <Link to={to}>{name}</Link> : name}</Table.Td>
                <Cells written={written} use={row.use} total={found.total} before={row.previous} />
              </Table.Tr>
            );
          })}
          {rest.map(
            ([name, use]) =>
              use.requests > 0 && (
                <Table.Tr key={name}>
                  <Table.Td c="dimmed">{name}</Table.Td>
                  <Cells written={written} use={use} total={found.total} before={null} />
                </Table.Tr>
              ),
          )}
        </Table.Tbody>
        <Table.Tfoot className="figures">
          <Table.Tr>
            <Table.Th>Total</Table.Th>
            <Cells written={written} use={found.total} total={found.total} before={found.previous?.total ?? null} />
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </Wide>
  );
}

type Write = ReturnType<typeof moneyColumn>;

function Cells({ written, use, total, before }: { written: Record<"cost" | "before" | "saved", Write>; use: Use; total: Use; before: Use | null }) {
  return (
    <>
      <Table.Td ta="right">{written.cost(use.cost_usd)}</Table.Td>
      <Table.Td ta="right">{total.cost_usd > 0 ? percent(use.cost_usd / total.cost_usd) : DASH}</Table.Td>
      <Table.Td ta="right">{before ? written.before(before.cost_usd) : DASH}</Table.Td>
      <Table.Td ta="right">{before ? <Change now={use.cost_usd} before={before.cost_usd} /> : DASH}</Table.Td>
      <Table.Td ta="right">{written.saved(use.savings_usd)}</Table.Td>
      <Table.Td ta="right">{count(use.requests)}</Table.Td>
      <Table.Td ta="right">{use.requests > 0 ? percent(use.errors / use.requests) : DASH}</Table.Td>
      <Table.Td ta="right">{count(use.input_tokens)}</Table.Td>
      <Table.Td ta="right">{count(use.output_tokens)}</Table.Td>
    </>
  );
}

/** More or less than before, as a share of that. */
export function Change({ now, before }: { now: number; before: number }) {
  const share = change(now, before);
  if (share === null) return now > 0 ? "new" : DASH;
  return (
    <Text span inherit>
      {share > 0 ? "+" : share < 0 ? "−" : ""}
      {percent(Math.abs(share))}
    </Text>
  );
}
