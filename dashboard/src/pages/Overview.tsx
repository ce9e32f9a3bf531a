import { Badge, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo } from "react";
import type { Schema } from "../api/client";
import { anyRequest, levers, models, overview, pastSavings, type Period, savings, status } from "../api/queries";
import { Boundary } from "../app/Boundary";
import { go, Link, useAddress } from "../app/router";
import { CHART_HEIGHT } from "../ui/charts";
import { Figure } from "../ui/Figure";
import { ago, count, lever, milliseconds, money, moneyColumn, percent } from "../ui/format";
import { type Asked, Failed, Nothing, PageTitle, Panel, Show, Wide, WRAPPING } from "../ui/states";
import { useNow } from "../ui/useNow";

const SpendChart = lazy(() => import("../ui/SpendChart"));

const PERIODS: Record<string, Period> = {
  "1": { days: 1, interval: "hour" },
  "7": { days: 7, interval: "day" },
  "30": { days: 30, interval: "day" },
  "90": { days: 90, interval: "week" },
};

const DEFAULT: Period = { days: 30, interval: "day" };

/** The stretch before a period that ends now. */
function before({ days, interval }: Period, now: number): { from: string; to: string; interval: Period["interval"] } {
  const at = (many: number): string => new Date(now - many * 86_400_000).toISOString();
  return { from: at(2 * days), to: at(days), interval };
}

/** Where figures of so many days lead: the log and the costs of the same stretch. */
function logOf(days: number, filters: Record<string, string> = {}): string {
  return `/requests?${new URLSearchParams({ period: days === 1 ? "24h" : `${days}d`, ...filters })}`;
}

const LEVER_PAGES: Record<string, string> = { caching: "/cache", routing: "/routing" };

export default function Overview() {
  const { query } = useAddress();
  const named = query.get("days") ?? "";
  const chosen = named in PERIODS ? named : "30";
  const period = PERIODS[chosen] ?? DEFAULT;
  const log = useQuery(anyRequest());
  const empty = !log.isFetching && log.data?.requests.length === 0;
  useEffect(() => {
    if (empty) go("/start", true); // there is nothing to see yet, and something to do
  }, [empty]);
  const totals = useQuery(overview(period.days));
  const points = useQuery(savings(period));
  const earlier = useQuery(pastSavings(useMemo(() => before(period, Date.now()), [period])));
  const brought = useQuery(levers(period.days));
  const served = useQuery(models(period.days));
  const all = [totals, points, brought, served];
  // Until the chosen period's figures are here, those of the one before stay, and must not pass for its own.
  const old = all.some((one) => one.isPlaceholderData);
  const failed = all.find((one) => one.error)?.error;
  return (
    <>
      <PageTitle title="Overview">
        <SegmentedControl
          aria-label="Period"
          size="xs"
          value={chosen}
          onChange={(days) => go(days === "30" ? "/" : `/?days=${days}`, true)}
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
        {failed && all.every((one) => one.data === undefined) ? (
          <Failed error={failed} name="Figures" again={() => all.forEach((one) => void one.refetch())} />
        ) : (
          <>
            <Show of={totals} height={{ base: 274, md: 138 }} name="Totals">
              {(data) => <Totals data={data} days={period.days} />}
            </Show>
            <Spend of={points} earlier={earlier.data?.points ?? []} />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Levers of={brought} />
              <Show of={totals} height={260} name="Latency">
                {(data) => <Latency data={data.latency_ms} />}
              </Show>
            </SimpleGrid>
            <Models of={served} days={period.days} />
            <UpTo time={totals.data?.data_as_of} />
          </>
        )}
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

function Totals({ data, days }: { data: Schema["Overview"]; days: number }) {
  const { requests, cache, tokens } = data;
  const costs = `/costs?period=${days === 1 ? "7" : days}`;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", xs: "md" }}>
      <Figure label="Saved, estimated" value={money(data.savings_usd)} color="teal" to="/measured">
        {percent(data.savings_percentage / 100)} of the {money(data.baseline_cost_usd)} that it would have cost{tokens.saved > 0 && `; ${count(tokens.saved)} prompt tokens fewer`}
      </Figure>
      <Figure label="Spent" value={money(data.cost_usd)} to={costs}>
        at the providers{data.unpriced_requests > 0 && `; not counted: ${requestsOf(data.unpriced_requests)} without a known price`}
      </Figure>
      <Figure label="Requests" value={count(requests.total)} to={logOf(days)}>
        <Link to={logOf(days, { status: "error" })} size="xs">
          {count(requests.error)} failed
        </Link>{" "}
        ({percent(data.error_rate)}),{" "}
        <Link to={logOf(days, { status: "fallback" })} size="xs">
          {count(requests.fallback)} fell back
        </Link>
      </Figure>
      <Figure label="Cache hit rate" value={percent(cache.hit_rate)} to={logOf(days, { cache_hit: "true" })}>
        {count(cache.exact_hits)} exact, {count(cache.semantic_hits)} semantic
      </Figure>
    </SimpleGrid>
  );
}

function requestsOf(number: number): string {
  return `${count(number)} ${number === 1 ? "request" : "requests"}`;
}

function Spend({ of, earlier }: { of: Asked<Schema["Savings"] & { days: number }>; earlier: Schema["Savings"]["points"] }) {
  return (
    <Panel title="Spend and savings over time">
      <Show of={of} height={CHART_HEIGHT}>
        {(data) =>
          data.points.length === 0 ? (
            <Nothing title="No requests in this period" />
          ) : data.points.every((point) => point.cost_usd === 0 && point.savings_usd === 0) ? (
            <Nothing title="Nothing was spent in this period">Failed requests cost nothing, and some have no known price.</Nothing>
          ) : (
            <Boundary>
              <Suspense fallback={<Skeleton h={CHART_HEIGHT} />}>
                <SpendChart points={data.points} earlier={earlier} interval={data.interval} days={data.days} />
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
    <Panel title="Savings by feature">
      <Show of={of} height={200}>
        {(data) =>
          data.levers.length === 0 ? (
            <Nothing title="Nothing was saved in this period">
              <Link to="/optimization">Look at the settings</Link>
            </Nothing>
          ) : (
            <Wide label="Savings by feature, table" width={340}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Feature</Table.Th>
                    <Table.Th ta="right">Saved</Table.Th>
                    <Table.Th ta="right">Share</Table.Th>
                    <Table.Th ta="right">Tokens</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="figures">
                  {data.levers.map((one) => (
                    <Table.Tr key={one.lever}>
                      <Table.Td style={{ whiteSpace: "normal" }}>
                        <Link to={LEVER_PAGES[one.lever] ?? "/optimization"}>{lever(one.lever)}</Link>
                      </Table.Td>
                      <Table.Td ta="right">{saved(data)(one.savings_usd)}</Table.Td>
                      <Table.Td ta="right">{percent(one.share)}</Table.Td>
                      <Table.Td ta="right">{one.tokens_saved === 0 ? "–" : count(one.tokens_saved)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
                <Table.Tfoot className="figures">
                  <Table.Tr>
                    <Table.Th>Total</Table.Th>
                    <Table.Th ta="right">{saved(data)(data.total_usd)}</Table.Th>
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

function saved(data: Schema["Levers"]): (usd: number) => string {
  return moneyColumn([data.total_usd, ...data.levers.map((one) => one.savings_usd)]);
}

function Latency({ data }: { data: Schema["Latencies"] }) {
  const rows: [string, number | null | undefined, number | null | undefined][] = [
    ["Promptly", data.overhead_p50, data.overhead_p95],
    ["Provider", data.provider_p50, data.provider_p95],
  ];
  return (
    <Panel title="Latency">
      <Table className="figures">
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            <Table.Th ta="right">p50</Table.Th>
            <Table.Th ta="right">p95</Table.Th>
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
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th>Total</Table.Th>
            <Table.Th ta="right">{milliseconds(data.p50)}</Table.Th>
            <Table.Th ta="right">{milliseconds(data.p95)}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        <Link to="/performance" size="xs">
          Over time and by model
        </Link>
        . p99 of the total: {milliseconds(data.p99)}. Answers from the cache ask no provider, so the parts are of different requests.
      </Text>
    </Panel>
  );
}

function Models({ of, days }: { of: Asked<Schema["Models"]>; days: number }) {
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
                    <Table.Th ta="right">Latency, p50</Table.Th>
                    <Table.Th ta="right">Failed</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="figures">
                  {data.models.map((one) => (
                    <Table.Tr key={`${one.provider}/${one.model}`}>
                      <Table.Td>
                        <Link to={logOf(days, { model: one.model })}>{one.model}</Link>{" "}
                        <Text span size="xs" c="dimmed">
                          {one.provider ?? "no provider"}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">{count(one.requests)}</Table.Td>
                      <Table.Td ta="right">{percent(one.share)}</Table.Td>
                      <Table.Td ta="right">{moneyColumn(data.models.map((row) => row.cost_usd))(one.cost_usd)}</Table.Td>
                      <Table.Td ta="right">{moneyColumn(data.models.map((row) => row.savings_usd))(one.savings_usd)}</Table.Td>
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
