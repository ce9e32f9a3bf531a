import { Badge, Box, Grid, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo } from "react";
import type { Schema } from "../api/client";
import { anyRequest, levers, models, overview, pastSavings, type Period, savings, status } from "../api/queries";
import { Boundary } from "../app/Boundary";
import { go, Link, useAddress } from "../app/router";
import { CHART_HEIGHT } from "../ui/charts";
import { Figure } from "../ui/Figure";
import { ago, count, milliseconds, money, moneyColumn, percent } from "../ui/format";
import { Ledger } from "../ui/Ledger";
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
            <Show of={totals} height={{ base: 560, md: 330 }} name="Totals">
              {(data) => <Totals data={data} levers={brought} days={period.days} />}
            </Show>
            <Spend of={points} earlier={earlier.data?.points ?? []} />
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

function Totals({ data, levers, days }: { data: Schema["Overview"]; levers: Asked<Schema["Levers"]>; days: number }) {
  const { requests, cache, latency_ms: ms } = data;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Receipt data={data} levers={levers} days={days} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <SimpleGrid cols={{ base: 2, md: 1 }} spacing={{ base: "xs", md: "md" }}>
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
          <Figure label="Latency, p95" value={milliseconds(ms.p95)} to={`/performance?period=${days === 1 ? "24h" : `${days}d`}`}>
            Promptly itself: {milliseconds(ms.overhead_p95)}. p50 {milliseconds(ms.p50)}, p99 {milliseconds(ms.p99)}
          </Figure>
        </SimpleGrid>
      </Grid.Col>
    </Grid>
  );
}

/** What it would have cost, what each feature took off, and what was spent: one number leads, and the lines say how it comes about. */
function Receipt({ data, levers, days }: { data: Schema["Overview"]; levers: Asked<Schema["Levers"]>; days: number }) {
  return (
    <Panel title="Receipt" full>
      <Group align="flex-start" gap="xl">
        <Box component="section" aria-label="Saved, estimated" flex="1 1 180px">
          <Link to="/measured">Saved, estimated</Link>
          <Text fz={{ base: 32, xs: 44 }} fw={650} lh={1.2} c="light-dark(var(--mantine-color-teal-9), var(--mantine-color-teal-4))" className="figures">
            {money(data.savings_usd)}
          </Text>
          <Text size="sm" c="dimmed">
            {percent(data.savings_percentage / 100)} of the {money(data.baseline_cost_usd)} that it would have cost{data.tokens.saved > 0 && `; ${count(data.tokens.saved)} prompt tokens fewer`}
          </Text>
        </Box>
        <Box flex="2 1 280px">
          <Show of={levers} height={200}>
            {(found) => (
              <Ledger
                sum={{ baseline_cost_usd: data.baseline_cost_usd, cost_usd: data.cost_usd, lines: found.levers.map(({ lever, tokens_saved, savings_usd }) => ({ lever, tokens_saved, savings_usd })) }}
                asked="Without Promptly"
                paid={<Link to={`/costs?period=${days === 1 ? "7" : days}`}>Spent</Link>}
                note={data.unpriced_requests > 0 && `Not in it: ${requestsOf(data.unpriced_requests)} without a known price.`}
                to={(name) => LEVER_PAGES[name] ?? "/optimization"}
              />
            )}
          </Show>
        </Box>
      </Group>
    </Panel>
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
