import { Group, NativeSelect, SegmentedControl, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import type { Schema } from "../api/client";
import { breakdown, latencies, models, overview } from "../api/queries";
import { Boundary } from "../app/Boundary";
import { go, useAddress } from "../app/router";
import { CHART_HEIGHT } from "../ui/charts";
import { Figure } from "../ui/Figure";
import { count, milliseconds, percent } from "../ui/format";
import { NoRequests } from "../ui/NoRequests";
import { Failed, Nothing, PageTitle, Panel, Show } from "../ui/states";
import { rowName } from "./costs/Rows";
import { change, ZONE } from "./costs/period";
import { Errors } from "./performance/Errors";
import { Intervals } from "./performance/Intervals";
import { Models } from "./performance/Models";
import { BY, before, INTERVALS, PERIODS, type Stretch, stretchOf } from "./performance/stretch";

const LatencyChart = lazy(() => import("./performance/LatencyChart"));
const CostChart = lazy(() => import("./costs/CostChart"));
const MOST = 20; // rows of errors: times 168 hours they are less than one answer may hold

export default function Performance() {
  const { query } = useAddress();
  const name = PERIODS.find((one) => one.value === query.get("period"))?.value ?? "7d";
  const asked = query.get("per");
  const per = INTERVALS[name].find((one) => one === asked) ?? INTERVALS[name][0];
  const model = query.get("model") ?? "";
  const by = BY.find((one) => one.value === query.get("by"))?.value ?? "error";
  // Told once, when the period is chosen: an end that moves on would be another question with every look.
  const stretch = useMemo(() => stretchOf(name, per, Date.now()), [name, per]);
  const put = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(query);
    for (const [field, value] of Object.entries(changes)) {
      if (value) next.set(field, value);
      else next.delete(field);
    }
    go(`/performance${next.size ? `?${next}` : ""}`, true);
  };
  return (
    <>
      <PageTitle title="Performance" />
      <Stack>
        <Filters name={name} per={per} model={model} stretch={stretch} put={put} />
        <Totals stretch={stretch} model={model} />
        <Latency stretch={stretch} model={model} parts={query.get("show") === "parts" && !model} put={put} />
        <ByModel stretch={stretch} query={query} chosen={model} />
        <Failures stretch={stretch} model={model} by={by} put={put} />
        <Text size="xs" c="dimmed">
          Hours are told in {ZONE}; days and weeks are those of UTC. Percentiles are true to two percent. A request counts for the model that answered it, or, where none did, for the one that was asked.
        </Text>
      </Stack>
    </>
  );
}

type Put = (changes: Record<string, string>) => void;

function Filters({ name, per, model, stretch, put }: { name: string; per: Stretch["interval"]; model: string; stretch: Stretch; put: Put }) {
  const used = useQuery(models(stretch)).data?.models ?? [];
  const names = [...new Set([...used.map((one) => one.model), ...(model ? [model] : [])])].sort();
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label="Filters">
      <NativeSelect label="Time" size="xs" value={name} onChange={(event) => put({ period: event.currentTarget.value, per: "" })} data={PERIODS.map(({ value, label }) => ({ value, label }))} />
      <NativeSelect label="Per" size="xs" value={per} onChange={(event) => put({ per: event.currentTarget.value })} data={[...INTERVALS[name as keyof typeof INTERVALS]]} />
      <NativeSelect label="Model" size="xs" maw={280} value={model} onChange={(event) => put({ model: event.currentTarget.value })} data={[{ value: "", label: "All" }, ...names]} />
    </Group>
  );
}

/** Figures of a period that four cards show. */
interface Summary {
  requests: number;
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

function ofAll({ requests, error_rate, latency_ms: ms }: Schema["Overview"]): Summary {
  return { requests: requests.total, failed: error_rate, p50: ms.p50, p95: ms.p95, p99: ms.p99 };
}

/** One model's, where one provider served it: percentiles of two cannot be added. */
function ofModel(found: Schema["Models"], model: string): Summary | null {
  const [one, ...more] = found.models.filter((use) => use.model === model);
  if (!one || more.length > 0) return null;
  return { requests: one.requests, failed: one.error_rate, p50: one.latency_p50_ms, p95: one.latency_p95_ms, p99: one.latency_p99_ms };
}

function Totals({ stretch, model }: { stretch: Stretch; model: string }) {
  const earlier = before(stretch);
  const [all, allBefore] = [useQuery(overview(stretch)), useQuery(overview(earlier))];
  const [used, usedBefore] = [useQuery(models(stretch)), useQuery(models(earlier))];
  const now = model ? used.data && ofModel(used.data, model) : all.data && ofAll(all.data);
  const then = model ? usedBefore.data && ofModel(usedBefore.data, model) : allBefore.data && ofAll(allBefore.data);
  if (model && used.data && !now) return null;
  return (
    <Show of={{ data: now ?? undefined, error: model ? used.error : all.error, refetch: model ? used.refetch : all.refetch }} height={{ base: 274, md: 138 }} name="Totals">
      {(found) => (
        <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", xs: "md" }}>
          <Figure label="Latency, p99" value={milliseconds(found.p99)}>
            {than(found.p99, then?.p99)}
          </Figure>
          <Figure label="Latency, p95" value={milliseconds(found.p95)}>
            {than(found.p95, then?.p95)}
          </Figure>
          <Figure label="Latency, p50" value={milliseconds(found.p50)}>
            {than(found.p50, then?.p50)}
          </Figure>
          <Figure label="Failed" value={percent(found.failed)}>
            of {count(found.requests)} requests{then && then.requests > 0 && `; ${percent(then.failed)} in the period before`}
          </Figure>
        </SimpleGrid>
      )}
    </Show>
  );
}

function than(now: number | null, then: number | null | undefined): string {
  if (then === null || then === undefined) return "no requests in the period before";
  const more = now === null ? null : change(now, then);
  return `${milliseconds(then)} in the period before${more === null ? "" : `: ${more > 0 ? "+" : more < 0 ? "−" : ""}${percent(Math.abs(more))}`}`;
}

function Latency({ stretch, model, parts, put }: { stretch: Stretch; model: string; parts: boolean; put: Put }) {
  const only = model ? { model } : {};
  const found = useQuery(latencies({ ...stretch, ...only }));
  const earlier = useQuery({ ...latencies({ ...before(stretch), ...only }), placeholderData: undefined });
  return (
    <Panel
      title="Latency over time"
      aside={
        !model && (
          <SegmentedControl
            aria-label="Latency of"
            size="xs"
            value={parts ? "parts" : "total"}
            onChange={(value) => put({ show: value === "parts" ? "parts" : "" })}
            data={[
              { value: "total", label: "Total" },
              { value: "parts", label: "Parts" },
            ]}
          />
        )
      }
    >
      <Show of={found} height={600}>
        {(data) =>
          data.points.length === 0 ? (
            <NoRequests />
          ) : (
            <Stack aria-busy={found.isPlaceholderData} style={{ opacity: found.isPlaceholderData ? 0.5 : undefined }}>
              <Boundary>
                <Suspense fallback={<Skeleton h={CHART_HEIGHT} />}>
                  <LatencyChart points={data.points} earlier={earlier.data?.points ?? []} stretch={stretch} parts={parts} />
                </Suspense>
              </Boundary>
              <Intervals points={data.points} stretch={stretch} model={model} />
            </Stack>
          )
        }
      </Show>
    </Panel>
  );
}

function ByModel({ stretch, query, chosen }: { stretch: Stretch; query: URLSearchParams; chosen: string }) {
  const found = useQuery(models(stretch));
  const earlier = useQuery(models(before(stretch)));
  return (
    <Panel title="Latency by model">
      <Show of={found} height={200}>
        {(data) => (data.models.length === 0 ? <Nothing title="No requests in this period" /> : <Models found={data.models} earlier={earlier.data?.models ?? []} query={query} chosen={chosen} />)}
      </Show>
    </Panel>
  );
}

function Failures({ stretch, model, by, put }: { stretch: Stretch; model: string; by: string; put: Put }) {
  const asked = { by, from: stretch.from, to: stretch.to, interval: stretch.interval, time_zone: stretch.interval === "hour" ? ZONE : "UTC", previous: true, limit: MOST };
  const found = useQuery(breakdown({ ...asked, ...(model ? { model } : {}) }));
  if (found.error && !found.data) return <Failed error={found.error} name="Errors" again={() => void found.refetch()} />;
  return (
    <Panel title="Errors over time" aside={<NativeSelect aria-label="Errors by" size="xs" value={by} onChange={(event) => put({ by: event.currentTarget.value === "error" ? "" : event.currentTarget.value })} data={[...BY]} />}>
      <Show of={found} height={300}>
        {(data) =>
          data.total.errors === 0 ? (
            <Nothing title="No request failed in this period" />
          ) : (
            <Stack aria-busy={found.isPlaceholderData} style={{ opacity: found.isPlaceholderData ? 0.5 : undefined }}>
              <Boundary>
                <Suspense fallback={<Skeleton h={CHART_HEIGHT} />}>
                  <CostChart found={data} names={data.rows.map((row) => rowName(data, row))} of={stretch.interval} what="errors" />
                </Suspense>
              </Boundary>
              <Errors found={data} model={model} />
            </Stack>
          )
        }
      </Show>
    </Panel>
  );
}
