import { Badge, Button, Group, Stack, Switch, TextInput } from "@mantine/core";
import { useThrottledValue } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { call } from "../api/client";
import { type LiveState, useLive } from "../api/live";
import type { Entry, Filters } from "../api/queries";
import { go, Link, useAddress } from "../app/router";
import { Download } from "../ui/Download";
import { Nothing, PageTitle, Panel, Show } from "../ui/states";
import { Choice, useColumns } from "./requests/columns";
import { FilterBar, KINDS, slownessOf, STATUSES } from "./requests/FilterBar";
import { isRequestId } from "./requests/named";
import { backwards, begin } from "./requests/period";
import { Rows, usePhone } from "./requests/Rows";

const PAGE = 50;
const MOST = 500;
const LIST = { queryKey: ["requests", "list"] };

function filtersOf(query: URLSearchParams): Filters {
  const hit = query.get("cache_hit");
  return {
    model: query.get("model") ?? undefined,
    status: STATUSES.find((one) => one === query.get("status")),
    kind: KINDS.find((one) => one === query.get("kind")),
    key_id: query.get("key_id") ?? undefined,
    session: query.get("session") ?? undefined,
    client: query.get("client") ?? undefined,
    user: query.get("user") ?? undefined,
    team_id: query.get("team_id") ?? undefined,
    tag: query.get("tag") ?? undefined,
    error_code: query.get("error_code") ?? undefined,
    min_latency_ms: slownessOf(query.get("min_latency_ms")),
    cache_hit: hit === null ? undefined : hit === "true",
    from: query.get("from") ?? undefined,
    to: query.get("to") ?? undefined,
  };
}

export default function Requests() {
  const { query } = useAddress();
  const [live, setLive] = useState(true);
  const phone = usePhone(); // where the fields would stand above the log and leave it no room
  const [open, setOpen] = useState(false);
  const named = query.get("period");
  // Told once, when the period is chosen: a start that moves on would ask for another list with every look.
  const since = useMemo(() => begin(named, Date.now()), [named]);
  const filters = { ...filtersOf(query), ...(since ? { from: since, to: undefined } : {}) };
  const change = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    go(`/requests${next.size ? `?${next}` : ""}`, true);
  };
  const period = since ? named : named === "custom" || filters.from || filters.to ? "custom" : "";
  return (
    <>
      <PageTitle title="Requests">
        <FindById />
      </PageTitle>
      <Stack>
        {phone && !open ? (
          <Button variant="default" size="xs" onClick={() => setOpen(true)} aria-expanded={false} style={{ alignSelf: "flex-start" }}>
            Filters{query.size > 0 && ` (${query.size})`}
          </Button>
        ) : (
          <FilterBar filters={filters} period={period ?? ""} filtered={query.size > 0} change={change} />
        )}
        {backwards(filters) ? (
          <Panel title="Log">
            <Nothing title="No request fits these filters">The time ends before it begins.</Nothing>
          </Panel>
        ) : (
          <Log key={JSON.stringify(filters)} filters={filters} filtered={query.size > 0} live={live} setLive={setLive} />
        )}
      </Stack>
    </>
  );
}

function FindById() {
  const [id, setId] = useState("");
  const wanted = id.trim();
  const known = isRequestId(wanted);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (known) go(`/requests/${wanted}`);
  };
  return (
    <form onSubmit={submit} role="search">
      <Group gap="xs" wrap="nowrap">
        <TextInput size="xs" w={220} aria-label="Request's id" placeholder="req_…" value={id} onChange={(event) => setId(event.currentTarget.value)} />
        <Button size="xs" variant="default" type="submit" disabled={!known}>
          Open
        </Button>
      </Group>
    </form>
  );
}

function Log({ filters, filtered, live, setLive }: { filters: Filters; filtered: boolean; live: boolean; setLive: (on: boolean) => void }) {
  const client = useQueryClient();
  const [arrived, setArrived] = useState<Entry[]>([]);
  const columns = useColumns();
  const pages = useInfiniteQuery({
    queryKey: [...LIST.queryKey, filters],
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/requests", { query: { ...filters, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const shown = useRef(arrived);
  useEffect(() => {
    shown.current = arrived;
  });
  const again = useCallback(async (): Promise<void> => {
    const listed = new Set(shown.current); // as soon as the list is here; until then they stay
    // An answer on its way may lack it too. Making the list stale leaves a first one be, so it is ended.
    await client.cancelQueries(LIST);
    const read = await client.invalidateQueries(LIST, { throwOnError: true }).then(
      () => true,
      () => false,
    );
    if (read) setArrived((now) => now.filter((entry) => !listed.has(entry)));
  }, [client]);
  const state = useLive(filters, live, (entry) => setArrived((before) => [entry, ...before]), () => void again());
  // So many are not held beside the list: it is read again, so that nothing is left out between the two.
  const many = arrived.length >= MOST;
  useEffect(() => {
    if (many) void again();
  }, [many, again]);
  // Entries that arrive in a burst are drawn together.
  const news = useThrottledValue(arrived, 150);
  return (
    <Panel
      title="Log"
      aside={
        <Group gap="sm">
          <Choice {...columns} />
          <Download label="Export CSV" path="/api/requests/export.csv" query={filters} name="promptly-requests" />
          {live && <Live state={state} />}
          <Switch
            size="sm"
            label="Live"
            checked={live}
            onChange={(event) => {
              setLive(event.currentTarget.checked);
              if (event.currentTarget.checked) void again();
            }}
          />
        </Group>
      }
    >
      <Show of={pages} height={400}>
        {(data) => {
          const old = data.pages.flatMap((page) => page.requests);
          const known = new Set(old.map((entry) => entry.id));
          const fresh = news.filter((entry, at) => !known.has(entry.id) && news.findIndex((one) => one.id === entry.id) === at);
          const all = [...fresh, ...old];
          if (all.length === 0) {
            return filtered ? (
              <Nothing title="No request fits these filters">
                <Link to="/requests">Show all requests</Link>
              </Nothing>
            ) : (
              <Nothing title="No requests yet">
                <Link to="/start">Send the first one</Link>
              </Nothing>
            );
          }
          return (
            <>
              <Rows entries={all} fresh={new Set(fresh.map(({ id }) => id))} columns={columns.shown} more={pages.hasNextPage} />
              {pages.hasNextPage && (
                <Group justify="center" mt="sm">
                  <Button variant="default" size="xs" onClick={() => pages.isFetchingNextPage || void pages.fetchNextPage()}>
                    {pages.isFetchingNextPage ? "Loading …" : "Older requests"}
                  </Button>
                </Group>
              )}
            </>
          );
        }}
      </Show>
    </Panel>
  );
}

function Live({ state }: { state: LiveState }) {
  const [label, color] = { connecting: ["Connecting", "gray"], live: ["Up to date", "teal"], waiting: ["Reconnecting", "orange"], refused: ["Not live", "gray"] }[state] as [string, string];
  return (
    <Badge variant="dot" color={color} role="status">
      {label}
    </Badge>
  );
}
