import { Badge, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import type { Schema } from "../api/client";
import { anyRequest, levers, models, overview, type Period, savings, status } from "../api/queries";
import { Boundary } from "../app/Boundary";
import { go, Link } from "../app/router";
import { Figure } from "../ui/Figure";
import { ago, count, lever, milliseconds, money, percent } from "../ui/format";
import { type Asked, Nothing, PageTitle, Panel, Show, Wide, WRAPPING } from "../ui/states";
import { useNow } from "../ui/useNow";

const SpendChart = lazy(() => import("../ui/SpendChart"));

const PERIODS: Record<string, Period> = {
  "1": { days: 1, interval: "hour" },
  "7": { days: 7, interval: "day" },
  "30": { days: 30, interval: "day" },
  "90": { days: 90, interval: "week" },
};

export default function Overview() {
  const [chosen, setChosen] = useState("30");
  const period = PERIODS[chosen] ?? { days: 30, interval: "day" };
  const log = useQuery(anyRequest());
  const empty = !log.isFetching && log.data?.requests.length === 0;
  useEffect(() => {
    if (empty) go("/start", true); // there is nothing to see yet, and something to do
  }, [empty]);
  const totals = useQuery(overview(period.days));
  const points = useQuery(savings(period));
  const brought = useQuery(levers(period.days));
  const served = useQuery(models(period.days));
  // Until the chosen period's figures are here, those of the one before stay, and must not pass for its own.
  const old = [totals, points, brought, served].some((one) => one.isPlaceholderData);
  return (
    <>
      <PageTitle title="Overview">
        <SegmentedControl
          aria-label="Period"
          size="xs"
          value={chosen}
          onChange={setChosen}
          data={[
            { value: "1", label: "24 h" },
            { value: "7", label: "7 days" },
            { value: "30", label: "30 days" },
            { value: "90", label: "90 days" },
          ]}
        />
      </PageTitle>
      <Stack aria-busy={old} style={{ opacity: old ? 0.5 : undefined }}>
        <Parts />
        <Show of={totals} height={{ base: 274, md: 138 }} name="Totals">
          {(data) => <Totals data={data} />}
        </Show>
        <Spend of={points} />
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Levers of={brought} />
          <Show of={totals} height={260} name="Latency">
            {(data) => <Latency data={data.latency_ms} />}
          </Show>
        </SimpleGrid>
        <Models of={served} />
        <UpTo time={totals.data?.data_as_of} />
      </Stack>
    </>
  );
}

function UpTo({ time }: { time?: string | null }) {
  const now = useNow(5000);
  return (
    <Text size="xs" c="dimmed" role="status">
      {time ? `Figures up to ${ago(time, now)}` : " "}
    </Text>
  );
}

function Totals({ data }: { data: Schema["Overview"] }) {
  const { requests, cache, tokens } = data;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", xs: "md" }}>
      <Figure label="Saved" value={money(data.savings_usd)} color="teal">
        {percent(data.savings_percentage / 100)} of the {money(data.baseline_cost_usd)} that it would have cost{tokens.saved > 0 && `; ${count(tokens.saved)} prompt tokens fewer`}
      </Figure>
      <Figure label="Spent" value={money(data.cost_usd)}>
        at the providers{data.unpriced_requests > 0 && `; not counted: ${requestsOf(data.unpriced_requests)} without a known price`}
      </Figure>
      <Figure label="Requests" value={count(requests.total)}>
        {count(requests.error)} failed ({percent(data.error_rate)}), {count(requests.fallback)} fell back
      </Figure>
      <Figure label="Cache hit rate" value={percent(cache.hit_rate)}>
        {count(cache.exact_hits)} exact, {count(cache.semantic_hits)} by meaning
      </Figure>
    </SimpleGrid>
  );
}

function requestsOf(number: number): string {
  return `${count(number)} ${number === 1 ? "request" : "requests"}`;
}

function Spend({ of }: { of: Asked<Schema["Savings"] & { days: number }> }) {
  return (
    <Panel title="Spend and savings over time">
      <Show of={of} height={260}>
        {(data) =>
          data.points.length === 0 ? (
            <Nothing title="No requests in this period" />
          ) : (
            <Boundary>
              <Suspense fallback={<Skeleton h={260} />}>
                <SpendChart points={data.points} interval={data.interval} days={data.days} />
              </Suspense>
            </Boundary>
          )
        }
      </Show>
    </Panel>
  );
}

function Levers({ of }: { of: Asked<Schema["Levers"]> }) {
  return (
    <Panel title="What each lever brought">
      <Show of={of} height={200}>
        {(data) =>
          data.levers.length === 0 ? (
            <Nothing title="Nothing was saved in this period">
              <Link to="/optimization">Look at the settings</Link>
            </Nothing>
          ) : (
            <Wide label="What each lever brought, table" width={340}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Lever</Table.Th>
                    <Table.Th ta="right">Saved</Table.Th>
                    <Table.Th ta="right">Share</Table.Th>
                    <Table.Th ta="right">Tokens</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="figures">
                  {data.levers.map((one) => (
                    <Table.Tr key={one.lever}>
                      <Table.Td style={{ whiteSpace: "normal" }}>{lever(one.lever)}</Table.Td>
                      <Table.Td ta="right">{money(one.savings_usd)}</Table.Td>
                      <Table.Td ta="right">{percent(one.share)}</Table.Td>
                      <Table.Td ta="right">{one.tokens_saved === 0 ? "–" : count(one.tokens_saved)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
                <Table.Tfoot className="figures">
                  <Table.Tr>
                    <Table.Th>Together</Table.Th>
                    <Table.Th ta="right">{money(data.total_usd)}</Table.Th>
                    <Table.Th />
                    <Table.Th />
                  </Table.Tr>
                </Table.Tfoot>
              </Table>
            </Wide>
          )
        }
      </Show>
    </Panel>
  );
}

function Latency({ data }: { data: Schema["Latencies"] }) {
  const rows: [string, number | null | undefined, number | null | undefined][] = [
    ["Promptly's part", data.overhead_p50, data.overhead_p95],
    ["The provider's part", data.provider_p50, data.provider_p95],
    ["Together", data.p50, data.p95],
  ];
  return (
    <Panel title="Latency">
      <Table className="figures">
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            <Table.Th ta="right">Half within</Table.Th>
            <Table.Th ta="right">95 % within</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, half, most]) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td ta="right">{milliseconds(half)}</Table.Td>
              <Table.Td ta="right">{milliseconds(most)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        99 % of all requests within {milliseconds(data.p99)}. Answers from the cache ask no provider.
      </Text>
    </Panel>
  );
}

function Models({ of }: { of: Asked<Schema["Models"]> }) {
  return (
    <Panel title="Models">
      <Show of={of} height={160}>
        {(data) =>
          data.models.length === 0 ? (
            <Nothing title="No requests in this period" />
          ) : (
            <Wide label="Models, table" width={640}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Model</Table.Th>
                    <Table.Th ta="right">Requests</Table.Th>
                    <Table.Th ta="right">Share</Table.Th>
                    <Table.Th ta="right">Cost</Table.Th>
                    <Table.Th ta="right">Saved</Table.Th>
                    <Table.Th ta="right">Latency, half within</Table.Th>
                    <Table.Th ta="right">Failed</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="figures">
                  {data.models.map((one) => (
                    <Table.Tr key={`${one.provider}/${one.model}`}>
                      <Table.Td>
                        {one.model}{" "}
                        <Text span size="xs" c="dimmed">
                          {one.provider ?? "no provider"}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">{count(one.requests)}</Table.Td>
                      <Table.Td ta="right">{percent(one.share)}</Table.Td>
                      <Table.Td ta="right">{money(one.cost_usd)}</Table.Td>
                      <Table.Td ta="right">{money(one.savings_usd)}</Table.Td>
                      <Table.Td ta="right">{milliseconds(one.latency_p50_ms)}</Table.Td>
                      <Table.Td ta="right">{percent(one.error_rate)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }
      </Show>
    </Panel>
  );
}

function Parts() {
  const found = useQuery(status());
  return (
    <Show of={found} height={26} name="State of Promptly's parts">
      {(data) => {
        const parts = Object.entries(data.services).filter(([, one]) => one.status !== "up");
        const lag = data.services["analytics"]?.event_lag ?? 0;
        return (
          <Group gap="xs" mih={26} role="status">
            <Badge variant="light" color={data.status === "up" ? "teal" : "orange"}>
              {data.status === "up" ? "All parts are up" : "Some parts are not well"}
            </Badge>
            {data.bus === "down" && <Badge variant="outline" color="red">bus: down</Badge>}
            {parts.map(([name, one]) => (
              <Badge key={name} variant="outline" color={one.status === "down" ? "red" : "orange"} {...WRAPPING}>
                {name}: {one.status}
                {[...one.degraded, ...one.missing].length > 0 && ` (without ${[...one.degraded, ...one.missing].join(", ")})`}
              </Badge>
            ))}
            {lag > 0 && (
              <Text size="xs" c="dimmed">
                {requestsOf(lag)} {lag === 1 ? "is" : "are"} not counted yet
              </Text>
            )}
          </Group>
        );
      }}
    </Show>
  );
}
