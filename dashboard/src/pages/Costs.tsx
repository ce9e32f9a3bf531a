import { Button, Group, NativeSelect, SimpleGrid, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import type { Schema } from "../api/client";
import { breakdown, type BreakdownQuery } from "../api/queries";
import { Boundary } from "../app/Boundary";
import { go, useAddress } from "../app/router";
import { CHART_HEIGHT } from "../ui/charts";
import { Download } from "../ui/Download";
import { Figure } from "../ui/Figure";
import { count, money, percent } from "../ui/format";
import { NoRequests } from "../ui/NoRequests";
import { Failed, Nothing, PageTitle, Panel, Show } from "../ui/states";
import { By, isLabel, known } from "./costs/By";
import { change, forecast, PERIODS, type Span, spanOf, ZONE } from "./costs/period";
import { rowName, Rows } from "./costs/Rows";
import { totals } from "./costs/bars";

const CostChart = lazy(() => import("./costs/CostChart"));
const MOST = 30; // rows: times 120 months they are what one answer may hold

export default function Costs() {
  const { query } = useAddress();
  const name = PERIODS.find((one) => one.value === query.get("period"))?.value ?? "month";
  const address = query.toString();
  // Told once, when the period is chosen: an end that moves on would be another question with every look.
  const span = useMemo(() => spanOf(name, new URLSearchParams(address), new Date()), [name, address]);
  const by = known(query.get("by") ?? "") ? (query.get("by") ?? "") : "key";
  const also = query.get("and") ?? "";
  const and = known(also) && also !== by && !(isLabel(also) && isLabel(by)) ? also : "";
  const put = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(query);
    for (const [field, value] of Object.entries(changes)) {
      if (value) next.set(field, value);
      else next.delete(field);
    }
    go(`/costs${next.size ? `?${next}` : ""}`, true);
  };
  return (
    <>
      <PageTitle title="Costs">
        <Button size="xs" variant="default" className="no-print" onClick={() => window.print()}>
          Print
        </Button>
      </PageTitle>
      <Stack>
        <Group gap="sm" align="flex-end" role="group" aria-label="Period and breakdown">
          <NativeSelect label="Period" size="xs" value={name} onChange={(event) => put({ period: event.currentTarget.value, from: "", to: "" })} data={[...PERIODS]} />
          {name === "custom" && (
            <>
              <TextInput label="From" type="date" size="xs" value={query.get("from") ?? ""} onChange={(event) => put({ from: event.currentTarget.value })} />
              <TextInput label="To (included)" type="date" size="xs" value={query.get("to") ?? ""} onChange={(event) => put({ to: event.currentTarget.value })} />
            </>
          )}
          <By label="By" value={by} without="" none={false} change={(value) => put({ by: value, and: isLabel(value) && isLabel(and) ? "" : and })} />
          <By label="and by" value={and} without={by} none change={(value) => put({ and: value })} />
        </Group>
        {span === null ? (
          <Panel title="Costs">
            <Nothing title="Choose two days">The last one may not lie before the first.</Nothing>
          </Panel>
        ) : (
          <Figures span={span} by={and ? `${by},${and}` : by} />
        )}
      </Stack>
    </>
  );
}

function Figures({ span, by }: { span: Span; by: string }) {
  const asked: BreakdownQuery = { by, from: span.from, to: span.to, interval: span.interval, time_zone: ZONE, previous: true, limit: MOST };
  const found = useQuery(breakdown(asked));
  // Every request has an endpoint, and there are few of them: their sums are those of all requests, which a breakdown's rows may not be.
  const all = { by: "endpoint", interval: span.interval, time_zone: ZONE };
  const now = useQuery({ ...breakdown({ ...all, from: span.from, to: span.to }), placeholderData: undefined });
  const past = found.data?.previous;
  const earlier = useQuery({ ...breakdown({ ...all, from: past?.from ?? "", to: past?.to ?? "" }), enabled: Boolean(past) && !found.isPlaceholderData, placeholderData: undefined });
  if (found.error && !found.data) return <Failed error={found.error} name="Costs" again={() => void found.refetch()} />;
  return (
    <Stack aria-busy={found.isPlaceholderData} style={{ opacity: found.isPlaceholderData ? 0.5 : undefined }}>
      <Show of={found} height={{ base: 274, md: 138 }} name="Totals">
        {(data) => <Totals found={data} over={span.over} />}
      </Show>
      <Panel title="Cost over time">
        <Show of={found} height={CHART_HEIGHT}>
          {(data) =>
            data.total.requests === 0 ? (
              <NoRequests />
            ) : data.total.cost_usd === 0 ? (
              <Nothing title="Nothing was spent in this period" />
            ) : (
              <Boundary>
                <Suspense fallback={<Skeleton h={CHART_HEIGHT} />}>
                  <CostChart found={data} names={data.rows.map((row) => rowName(data, row))} of={span.interval} all={now.data && totals(now.data)} earlier={earlier.data && totals(earlier.data)} />
                </Suspense>
              </Boundary>
            )
          }
        </Show>
      </Panel>
      <Panel title="Who spent it" aside={<Download label="CSV" path="/api/analytics/breakdown.csv" query={{ ...asked, interval: undefined, limit: 500 }} name="promptly-costs" />}>
        <Show of={found} height={300}>{(data) => (data.total.requests === 0 ? <Nothing title="No requests in this period" /> : <Rows found={data} />)}</Show>
      </Panel>
      <Text size="xs" c="dimmed">
        Times are in {ZONE}. Cost is what providers bill, by their price lists; requests without a known price are not in it
        {found.data && found.data.total.unpriced_requests > 0 && `: ${count(found.data.total.unpriced_requests)} here`}. Savings are estimated, from the receipts.
      </Text>
    </Stack>
  );
}

function Totals({ found, over }: { found: Schema["Breakdown"]; over: number }) {
  const { total, previous } = found;
  const before = previous?.total;
  const more = before ? change(total.cost_usd, before.cost_usd) : null;
  const expected = forecast(total.cost_usd, over);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", xs: "md" }}>
      <Figure label="Spent" value={money(total.cost_usd)}>
        {before ? `${money(before.cost_usd)} in the period before${more === null ? "" : `: ${more > 0 ? "+" : more < 0 ? "−" : ""}${percent(Math.abs(more))}`}` : "at the providers"}
      </Figure>
      {over < 1 ? (
        <Figure label="Month at this pace" value={expected === null ? "–" : money(expected)}>
          {expected === null ? "Told from the month's second day on" : `${percent(over)} of the month are over`}
        </Figure>
      ) : (
        <Figure label="Per request" value={total.requests > 0 ? money(total.cost_usd / total.requests) : "–"}>
          {before && before.requests > 0 ? `${money(before.cost_usd / before.requests)} in the period before` : "on average"}
        </Figure>
      )}
      <Figure label="Saved, estimated" value={money(total.savings_usd)} color="teal">
        of the {money(total.baseline_cost_usd)} that it would have cost
      </Figure>
      <Figure label="Requests" value={count(total.requests)}>
        {count(total.errors)} failed, {count(total.cached)} from the cache
      </Figure>
    </SimpleGrid>
  );
}
