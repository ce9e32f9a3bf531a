import { Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { MouseEvent, ReactNode } from "react";
import { platformKeys, type Entry } from "../../api/queries";
import { follow } from "../../app/router";
import { ago, count, DASH, milliseconds, moment, moneyColumn } from "../../ui/format";
import { SortHead, useSort } from "../../ui/sort";
import { Wide } from "../../ui/states";
import { Status } from "../../ui/Status";
import { useNow } from "../../ui/useNow";
import { COLUMNS, type Name, tagsOf } from "./columns";

const SORTS = {
  time: (entry: Entry) => Date.parse(entry.time),
  ...(Object.fromEntries(COLUMNS.map(({ name, sort }) => [name, sort])) as Record<Name, (entry: Entry) => string | number | null>),
};

/** Whether there is no room for the table. */
export function usePhone(): boolean {
  return useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
}

interface Props {
  entries: readonly Entry[];
  /** The ids of those that have just come. */
  fresh: ReadonlySet<string>;
  columns: readonly Name[];
  more: boolean;
}

export function Rows({ entries, fresh, columns, more }: Props) {
  const now = useNow(5000);
  const phone = usePhone();
  const keys = useQuery({ ...platformKeys(), enabled: columns.includes("key") }).data?.keys ?? [];
  const { sorted, head } = useSort(entries, SORTS, "time");
  const cost = moneyColumn(entries.map((entry) => entry.cost_usd));
  const saved = moneyColumn(entries.map((entry) => entry.savings_usd));
  const cells: Record<Name, (entry: Entry) => ReactNode> = {
    status: (entry) => <Status entry={entry} />,
    model: (entry) => <Models entry={entry} />,
    key: (entry) => keys.find(({ id }) => id === entry.key_id)?.name ?? entry.key_id,
    user: (entry) => entry.user ?? DASH,
    tags: (entry) => tagsOf(entry) || DASH,
    endpoint: (entry) => entry.kind,
    tokens: (entry) => (entry.optimized_tokens < entry.original_tokens ? `${count(entry.original_tokens)} → ${count(entry.optimized_tokens)}` : count(entry.original_tokens)),
    output: (entry) => count(entry.output_tokens),
    cost: (entry) => cost(entry.cost_usd),
    saved: (entry) => saved(entry.savings_usd),
    latency: (entry) => milliseconds(entry.latency_ms),
    first: (entry) => milliseconds(entry.first_byte_ms),
  };
  if (phone) return <Short entries={sorted} fresh={fresh} now={now} cost={cost} />;
  const shown = COLUMNS.filter(({ name }) => columns.includes(name));
  return (
    <>
      <Wide label="Requests, table" width={760}>
        <Table highlightOnHover verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <SortHead {...head("time")}>Time</SortHead>
              {shown.map((one) => (
                <SortHead key={one.name} right={"right" in one} {...head(one.name)}>
                  {one.label}
                </SortHead>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {sorted.map((entry) => (
              <Row key={entry.id} entry={entry} fresh={fresh.has(entry.id)}>
                <Table.Td>
                  <Opened entry={entry}>{ago(entry.time, now)}</Opened>
                </Table.Td>
                {shown.map((one) => (
                  <Table.Td key={one.name} ta={"right" in one ? "right" : undefined} style={one.name === "model" || one.name === "tags" ? { whiteSpace: "normal" } : undefined}>
                    {cells[one.name](entry)}
                  </Table.Td>
                ))}
              </Row>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {more && head("time").direction === undefined && (
        <Text size="xs" c="dimmed" mt="xs" role="status">
          Sorted among the {count(entries.length)} requests that stand here; there are older ones.
        </Text>
      )}
    </>
  );
}

/** On a phone: model, status and cost in one line. */
function Short({ entries, fresh, now, cost }: { entries: readonly Entry[]; fresh: ReadonlySet<string>; now: number; cost: (usd: number | null) => string }) {
  return (
    <Table verticalSpacing={6} horizontalSpacing={4} layout="fixed" aria-label="Requests">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Model</Table.Th>
          <Table.Th w={104}>Status</Table.Th>
          <Table.Th w={84} ta="right">
            Cost
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="figures">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} fresh={fresh.has(entry.id)}>
            <Table.Td className="cut">
              <Opened entry={entry}>{entry.routed_model}</Opened>
              <Text size="xs" c="dimmed">
                {ago(entry.time, now)}
              </Text>
            </Table.Td>
            <Table.Td className="cut">
              <Status entry={entry} short />
            </Table.Td>
            <Table.Td ta="right">{cost(entry.cost_usd)}</Table.Td>
          </Row>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ entry, fresh, children }: { entry: Entry; fresh: boolean; children: ReactNode }) {
  return (
    <Table.Tr className={fresh ? "row-link row-new" : "row-link"} onClick={follow(`/requests/${entry.id}`)}>
      {children}
    </Table.Tr>
  );
}

function Opened({ entry, children }: { entry: Entry; children: ReactNode }) {
  const open = (event: MouseEvent): void => {
    event.stopPropagation();
    follow(`/requests/${entry.id}`)(event);
  };
  return (
    <a href={`/requests/${entry.id}`} onClick={open} title={moment(entry.time)} style={{ color: "inherit" }}>
      {children}
    </a>
  );
}

function Models({ entry }: { entry: Entry }) {
  return (
    <>
      <span className="whole">{entry.baseline_model}</span>
      {entry.routed_model !== entry.baseline_model && (
        <>
          {" "}
          <Text span size="sm" c="dimmed" className="whole">
            → {entry.routed_model}
          </Text>
        </>
      )}
    </>
  );
}
