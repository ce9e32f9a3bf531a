import { Box, Button, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type Schema } from "../api/client";
import { cacheHits, cacheStats, levers, optimizationSettings, overview, stale } from "../api/queries";
import { Link } from "../app/router";
import { useMay } from "../app/who";
import { Confirm } from "../ui/Confirm";
import { Figure } from "../ui/Figure";
import { ago, count, moment, money, moneyColumn, percent, span } from "../ui/format";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { useNow } from "../ui/useNow";
import { WrongAnswer } from "../ui/WrongAnswer";

const DAYS = 30;

export default function Cache() {
  return (
    <>
      <PageTitle title="Cache" />
      <Stack>
        <Figures />
        <Held />
        <Hits />
      </Stack>
    </>
  );
}

function Figures() {
  const totals = useQuery(overview(DAYS));
  const brought = useQuery(levers(DAYS));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={{ base: "xs", xs: "md" }}>
      <Show of={totals} height={106} name="Hit rate">
        {({ cache }) => (
          <Figure label="Hit rate" value={percent(cache.hit_rate)}>
            {count(cache.exact_hits)} exact, {count(cache.semantic_hits)} semantic, in the last {DAYS} days
          </Figure>
        )}
      </Show>
      <Show of={brought} height={106} name="Saved">
        {(found) => (
          <Figure label="Saved" value={money(found.levers.find((one) => one.lever === "caching")?.savings_usd ?? 0)} color="teal">
            by answers that no provider had to give again, in the last {DAYS} days
          </Figure>
        )}
      </Show>
    </SimpleGrid>
  );
}

function Held() {
  const client = useQueryClient();
  const stats = useQuery(cacheStats());
  const may = useMay("manage_settings");
  const [cleared, setCleared] = useState<number | null>(null);
  const held = stats.data?.total_entries ?? 0;
  return (
    <Panel
      title="What it holds"
      aside={
        may && (
          <Box h={30}>
            {held > 0 && (
              <Confirm
                verb="Clear"
                what="the cache"
                warning={`${answers(held)} ${held === 1 ? "is" : "are"} forgotten. Whoever asks the same again waits for the provider, and pays.`}
                run={async () => {
                  setCleared((await call("post", "/api/optimization/cache/clear")).cleared);
                  stale(client, "cache", "stats");
                }}
              />
            )}
          </Box>
        )
      }
    >
      <Stack gap="xs">
        <Show of={stats} height={22}>
          {({ total_entries: total, semantic_entries: semantic, exact_entries: exact }) => (
            <Text size="sm" className="figures">
              {total === 0 ? (
                "Nothing: the next answers come from the providers, and are kept."
              ) : (
                <>
                  <b>{answers(total)}</b>: {count(exact)} for the same request only, {count(semantic)} for the same question in other words too.
                </>
              )}
            </Text>
          )}
        </Show>
        <Kept />
        <Text size="sm" role="status">
          {cleared !== null && `${answers(cleared)} forgotten.`}
        </Text>
      </Stack>
    </Panel>
  );
}

function answers(number: number): string {
  return `${count(number)} ${number === 1 ? "answer" : "answers"}`;
}

function Kept() {
  const settings = useQuery(optimizationSettings());
  return (
    <Show of={settings} height={22}>
      {({ cache_enabled: on, cache_similarity_threshold: threshold, cache_ttl_seconds: ttl }) => (
        <Text size="sm" c="dimmed">
          {on ? `An answer is kept for ${span(ttl)}; other words get it from a similarity of ${threshold} on. ` : "The cache is switched off. "}
          <Link to="/optimization">Settings</Link>
        </Text>
      )}
    </Show>
  );
}

function Hits() {
  const pages = useInfiniteQuery(cacheHits());
  return (
    <Panel title="Semantic hits">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Questions that got the answer to another one, because both ask the same. Where they do not, say so: the answer is taken back, and the two are never mixed up again.
        </Text>
        <Show of={pages} height={240}>
          {(data) => {
            const hits = data.pages.flatMap((page) => page.hits);
            if (hits.length === 0) {
              return (
                <Nothing title="No semantic hits yet">
                  Ask one twice, in other words. <Link to="/optimization">The settings say how alike they have to be.</Link>
                </Nothing>
              );
            }
            return (
              <>
                <Rows hits={hits} />
                {pages.hasNextPage && (
                  <Group justify="center">
                    <Button variant="default" size="xs" onClick={() => pages.isFetchingNextPage || void pages.fetchNextPage()}>
                      {pages.isFetchingNextPage ? "Loading …" : "Older hits"}
                    </Button>
                  </Group>
                )}
              </>
            );
          }}
        </Show>
      </Stack>
    </Panel>
  );
}

function Rows({ hits }: { hits: Schema["Hit"][] }) {
  const now = useNow(5000);
  const may = useMay("judge_cache");
  const saved = moneyColumn(hits.map((hit) => hit.savings_usd));
  return (
    <Wide label="Semantic hits, table" width={may ? 860 : 640}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th ta="right">Similarity</Table.Th>
            <Table.Th ta="right">Saved</Table.Th>
            <Table.Th>Asked</Table.Th>
            <Table.Th>Got the answer to</Table.Th>
            {may && <Table.Th aria-label="Actions" />}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {hits.map((hit) => (
            <Table.Tr key={hit.request_id}>
              <Table.Td title={moment(hit.time)}>{ago(hit.time, now)}</Table.Td>
              <Table.Td>{hit.model}</Table.Td>
              <Table.Td ta="right">{hit.similarity === null ? "–" : hit.similarity.toFixed(4)}</Table.Td>
              <Table.Td ta="right">{saved(hit.savings_usd)}</Table.Td>
              <Table.Td>
                <Named id={hit.request_id} />
              </Table.Td>
              <Table.Td>{hit.source_request_id ? <Named id={hit.source_request_id} /> : "–"}</Table.Td>
              {may && <Table.Td>{hit.entry_id && <WrongAnswer entry={hit.entry_id} verb="Wrong" name={short(hit.request_id)} />}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function short(id: string): string {
  return `req_…${id.slice(-6)}`;
}

function Named({ id }: { id: string }) {
  return (
    <Link to={`/requests/${id}`} ff="monospace" size="xs">
      {short(id)}
    </Link>
  );
}
