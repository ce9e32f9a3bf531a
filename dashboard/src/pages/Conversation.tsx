// The requests of one session, in order of time, and one receipt of all of them.
import { Button, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { conversation, type Entry } from "../api/queries";
import { Link } from "../app/router";
import { Facts } from "../ui/Facts";
import { count, milliseconds, moment, momentOfYear, moneyColumn, percent } from "../ui/format";
import { Ledger } from "../ui/Ledger";
import { receiptOf } from "../ui/receipt";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { Status } from "../ui/Status";

const MOST_PAGES = 10; // of 200 requests; more are not held on one page

/** Input tokens as the provider billed them, and those of them that it read from its cache. */
function inputOf(entries: readonly Pick<Entry, "tokens">[]): { all: number; read: number } {
  let [all, read] = [0, 0];
  for (const { tokens } of entries) {
    all += tokens.uncached_input + tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_1h;
    read += tokens.cache_read;
  }
  return { all, read };
}

function cachedShare(entries: readonly Pick<Entry, "tokens">[]): string {
  const { all, read } = inputOf(entries);
  return percent(all > 0 ? read / all : null);
}

export default function Conversation({ session }: { session: string }) {
  const pages = useInfiniteQuery(conversation(session));
  return (
    <>
      <Link to={`/requests?session=${encodeURIComponent(session)}`} size="sm">
        ← In the request log
      </Link>
      <PageTitle title="Conversation" />
      <Show of={pages} height={480}>
        {(data) => {
          const entries = data.pages.flatMap((page) => page.requests).reverse();
          if (entries.length === 0) {
            return (
              <Panel title="Requests">
                <Nothing title="No request of this session is in the log">
                  <Link to="/requests">Show all requests</Link>
                </Nothing>
              </Panel>
            );
          }
          const full = data.pages.length >= MOST_PAGES;
          return (
            <Stack>
              {pages.hasNextPage && (
                <Group gap="sm">
                  <Text size="sm" role="status">
                    These are the latest {count(entries.length)} requests; the sums are theirs alone.
                    {full && " Earlier ones are in the request log."}
                  </Text>
                  {!full && (
                    <Button variant="default" size="xs" onClick={() => pages.isFetchingNextPage || void pages.fetchNextPage()}>
                      {pages.isFetchingNextPage ? "Loading …" : "Earlier requests"}
                    </Button>
                  )}
                </Group>
              )}
              <Totals session={session} entries={entries} />
              <Panel
                title="Requests"
                aside={
                  <Text size="xs" c="dimmed">
                    Input and output are tokens; cached is the share of the input that the provider read from its cache.
                  </Text>
                }
              >
                <Turns entries={entries} />
              </Panel>
            </Stack>
          );
        }}
      </Show>
    </>
  );
}

function Totals({ session, entries }: { session: string; entries: Entry[] }) {
  const { unpriced, ...sum } = receiptOf(entries);
  const failed = entries.filter((entry) => entry.status === "error").length;
  const { read } = inputOf(entries);
  const [first, last] = [entries[0], entries.at(-1)];
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel title="Receipt">
        {unpriced === entries.length ? (
          <Text size="sm">No price is known for these requests, so there is nothing to add up.</Text>
        ) : (
          <Ledger
            sum={sum}
            asked="Asked for, without Promptly"
            paid="Paid"
            note={unpriced > 0 && `Without ${count(unpriced)} ${unpriced === 1 ? "request" : "requests"} of which a price is not known.`}
            report="Please report this session."
          />
        )}
      </Panel>
      <Panel title="About">
        <Facts
          rows={[
            ["Session", session],
            ["Requests", failed > 0 ? `${count(entries.length)}, ${count(failed)} failed` : count(entries.length)],
            ["From", first && moment(first.time)],
            ["To", last && moment(last.time)],
            ["Client", [...new Set(entries.map((entry) => entry.client).filter(Boolean))].join(", ")],
            ["Cached input tokens", `${count(read)} (${cachedShare(entries)})`],
            ["Output tokens", count(entries.reduce((all, entry) => all + entry.output_tokens, 0))],
          ]}
        />
      </Panel>
    </SimpleGrid>
  );
}

function Turns({ entries }: { entries: Entry[] }) {
  const sum = receiptOf(entries);
  const savings = sum.lines.reduce((all, line) => all + (line.savings_usd ?? 0), 0);
  const cost = moneyColumn([...entries.map((entry) => entry.cost_usd), sum.cost_usd]);
  const saved = moneyColumn([...entries.map((entry) => entry.savings_usd), savings]);
  return (
    <Wide label="Requests of this conversation, table" width={820}>
      <Table highlightOnHover verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th ta="right">Input</Table.Th>
            <Table.Th ta="right">Cached</Table.Th>
            <Table.Th ta="right">Output</Table.Th>
            <Table.Th ta="right">Cost</Table.Th>
            <Table.Th ta="right">Saved</Table.Th>
            <Table.Th ta="right">Latency</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td>
                <Link to={`/requests/${entry.id}`}>{momentOfYear(entry.time)}</Link>
              </Table.Td>
              <Table.Td>
                <Status entry={entry} />
              </Table.Td>
              <Table.Td style={{ whiteSpace: "normal" }}>
                <span className="whole">{entry.baseline_model}</span>
                {(entry.served_model ?? entry.routed_model) !== entry.baseline_model && (
                  <>
                    {" "}
                    <Text span size="sm" c="dimmed" className="whole">
                      → {entry.served_model ?? entry.routed_model}
                    </Text>
                  </>
                )}
              </Table.Td>
              <Table.Td ta="right">{count(inputOf([entry]).all)}</Table.Td>
              <Table.Td ta="right">{cachedShare([entry])}</Table.Td>
              <Table.Td ta="right">{count(entry.output_tokens)}</Table.Td>
              <Table.Td ta="right">{cost(entry.cost_usd)}</Table.Td>
              <Table.Td ta="right">{saved(entry.savings_usd)}</Table.Td>
              <Table.Td ta="right">{milliseconds(entry.latency_ms)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot className="figures">
          <Table.Tr>
            <Table.Th colSpan={3}>Total</Table.Th>
            <Table.Th ta="right">{count(inputOf(entries).all)}</Table.Th>
            <Table.Th ta="right">{cachedShare(entries)}</Table.Th>
            <Table.Th ta="right">{count(entries.reduce((all, entry) => all + entry.output_tokens, 0))}</Table.Th>
            <Table.Th ta="right">{cost(sum.unpriced === entries.length ? null : sum.cost_usd)}</Table.Th>
            <Table.Th ta="right">{saved(sum.unpriced === entries.length ? null : savings)}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </Wide>
  );
}
