// What the pages ask for. Each key begins with the resource's name, so that a change can say what it makes stale.
import { type DataTag, infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient, type QueryKey, skipToken } from "@tanstack/react-query";
import { ApiError, call, type Schema } from "./client";

export type Entry = Schema["LogEntry"];
export type Detail = Schema["LogDetail"];
export type Settings = Schema["OptimizationSettings"];
export type Role = Schema["User"]["role"];
export type Source = Schema["SignIns"]["oauth"][number];

export interface Filters {
  model?: string;
  status?: Entry["status"];
  cache_hit?: boolean;
  kind?: Entry["kind"];
  key_id?: string;
  session?: string;
  client?: string;
  user?: string;
  team_id?: string;
  tag?: string;
  error_code?: string;
  min_latency_ms?: number;
  from?: string;
  to?: string;
}

export interface Period {
  days: number;
  interval: "hour" | "day" | "week";
}

/** Errors that another try would only repeat. */
export function worthRetrying(count: number, error: Error): boolean {
  return count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);
}

const EVERY = 30_000;
const SOON = 10_000; // an alert is news

/** What the pages for signing in have to know. Where it cannot be told they are shown all the same: the API decides. */
export const entry = () =>
  queryOptions({ queryKey: ["entry"], queryFn: ({ signal }) => call("get", "/api/auth/options", { signal }), retry: false, staleTime: 60_000 });

export const me = () => queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => call("get", "/api/auth/me", { signal }) });

export const signIns = () => queryOptions({ queryKey: ["sign-ins"], queryFn: ({ signal }) => call("get", "/api/auth/sign-ins", { signal }) });

/** The last days, or from one moment to another. */
export type When = number | { from: string; to: string };

function whenOf(when: When): { days: number } | { from: string; to: string } {
  return typeof when === "number" ? { days: when } : { from: when.from, to: when.to };
}

export const overview = (when: When) =>
  queryOptions({
    queryKey: ["figures", "overview", whenOf(when)],
    queryFn: ({ signal }) => call("get", "/api/analytics/overview", { query: whenOf(when), signal }),
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });

export const savings = (period: Period) =>
  queryOptions({
    queryKey: ["figures", "savings", period],
    queryFn: async ({ signal }) => ({ ...(await call("get", "/api/analytics/savings", { query: { ...period }, signal })), days: period.days }),
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });

/** The same of a stretch that is over. */
export const pastSavings = (query: { from: string; to: string; interval: Period["interval"] }) =>
  queryOptions({
    queryKey: ["figures", "savings", query],
    queryFn: ({ signal }) => call("get", "/api/analytics/savings", { query: { ...query }, signal }),
    staleTime: Infinity,
  });

export const levers = (days: number) =>
  queryOptions({
    queryKey: ["figures", "levers", days],
    queryFn: ({ signal }) => call("get", "/api/analytics/levers", { query: { days }, signal }),
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });

export const models = (when: When) =>
  queryOptions({
    queryKey: ["figures", "models", whenOf(when)],
    queryFn: ({ signal }) => call("get", "/api/analytics/models", { query: whenOf(when), signal }),
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });

export const latencies = (query: { from: string; to: string; interval: Period["interval"]; model?: string }) =>
  queryOptions({
    queryKey: ["figures", "latencies", query],
    queryFn: ({ signal }) => call("get", "/api/analytics/latencies", { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  });

export interface BreakdownQuery {
  by: string;
  from: string;
  to: string;
  interval: "hour" | "day" | "week" | "month";
  time_zone: string;
  previous?: boolean;
  limit?: number;
  model?: string;
}

export const breakdown = (query: BreakdownQuery) =>
  queryOptions({
    queryKey: ["figures", "breakdown", query],
    queryFn: ({ signal }) => call("get", "/api/analytics/breakdown", { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  });

export const status = () =>
  queryOptions({
    queryKey: ["status"],
    queryFn: ({ signal }) => call("get", "/api/status", { signal }),
    refetchInterval: EVERY,
  });

export const anyRequest = () =>
  queryOptions({
    queryKey: ["requests", "any"],
    queryFn: ({ signal }) => call("get", "/api/requests", { query: { limit: 1 }, signal }),
  });

/** The latest request that was answered, or null. An answer from the cache is a copy of one that is listed as a success. */
export const answeredRequest = () =>
  queryOptions({
    queryKey: ["requests", "answered"],
    queryFn: async ({ signal }) => {
      for (const status of ["success", "fallback"] as const) {
        const { requests } = await call("get", "/api/requests", { query: { limit: 1, status }, signal });
        if (requests[0]) return requests[0];
      }
      return null;
    },
  });

export const request = (id: string) =>
  queryOptions({
    queryKey: ["requests", "one", id],
    queryFn: ({ signal }) => call("get", "/api/requests/{request_id}", { path: { request_id: id }, signal }),
  });

/** The requests of a session, the latest first. */
export const conversation = (session: string) =>
  infiniteQueryOptions({
    queryKey: ["requests", "conversation", session],
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/requests", { query: { session, limit: 200, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const team = (id: string) =>
  queryOptions({ queryKey: ["teams", id], queryFn: ({ signal }) => call("get", "/api/teams/{team_id}", { signal, path: { team_id: id } }) });
export const teams = () => queryOptions({ queryKey: ["teams"], queryFn: ({ signal }) => call("get", "/api/teams", { signal }) });

export const budgets = () =>
  queryOptions({ queryKey: ["budgets"], queryFn: ({ signal }) => call("get", "/api/budgets", { signal }), refetchInterval: EVERY });

export const platformKeys = () =>
  queryOptions({
    queryKey: ["keys", "platform"],
    queryFn: ({ signal }) => call("get", "/api/keys/platform", { signal }),
  });

/** For admins: the API refuses everybody else. */
export const controlKeys = () =>
  queryOptions({
    queryKey: ["keys", "control"],
    queryFn: ({ signal }) => call("get", "/api/keys/control", { signal }),
  });

/** For admins: the API refuses everybody else. */
export const issuers = () =>
  queryOptions({
    queryKey: ["issuers"],
    queryFn: ({ signal }) => call("get", "/api/issuers", { signal }),
  });

/** What was captured in the last days, without its text. For admins: the API refuses everybody else. */
export const captures = (days: number) =>
  queryOptions({
    queryKey: ["captures", days],
    queryFn: ({ signal }) => call("get", "/api/captures", { query: { days, limit: 50 }, signal }),
  });

export const providerKeys = () =>
  queryOptions({
    queryKey: ["keys", "providers"],
    queryFn: ({ signal }) => call("get", "/api/keys/providers", { signal }),
  });

/** What a provider said to one call with a stored key; asked anew only where keys change. */
export const keyTest = (id: string) =>
  queryOptions({
    queryKey: ["keys", "tested", id],
    queryFn: ({ signal }) => call("post", "/api/keys/providers/{key_id}/test", { path: { key_id: id }, signal }),
    retry: false,
    staleTime: Infinity,
  });

/** A key that was made in this tab a few minutes ago. In memory, dropped when nothing shows it and with the session. */
export const shownKey = () => queryOptions<string>({ queryKey: ["shown key"], queryFn: skipToken });

export const optimizationSettings = () =>
  queryOptions({
    queryKey: ["settings"],
    queryFn: ({ signal }) => call("get", "/api/optimization/settings", { signal }),
  });

export const routing = () =>
  queryOptions({ queryKey: ["routing", "config"], queryFn: ({ signal }) => call("get", "/api/routing/config", { signal }) });

export const aliases = () =>
  queryOptions({ queryKey: ["routing", "aliases"], queryFn: ({ signal }) => call("get", "/api/routing/aliases", { signal }) });

export const routingRules = () =>
  queryOptions({ queryKey: ["routing", "rules"], queryFn: ({ signal }) => call("get", "/api/routing/rules", { signal }) });

export const cacheStats = () =>
  queryOptions({
    queryKey: ["cache", "stats"],
    queryFn: ({ signal }) => call("get", "/api/optimization/cache/stats", { signal }),
    refetchInterval: EVERY,
  });

export const cacheHits = () =>
  infiniteQueryOptions({
    queryKey: ["cache", "hits"],
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/optimization/cache/hits", { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: EVERY,
  });

/** What became of an answer that somebody here called wrong: the API tells it once, to whoever said so. */
export const takenBack = (entry: string) => queryOptions<Schema["WrongAnswerRemoved"]>({ queryKey: ["taken back", entry], queryFn: skipToken });

export const webhooks = () =>
  queryOptions({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) => call("get", "/api/webhooks", { signal }),
    refetchInterval: SOON,
  });

export const alertRules = () =>
  queryOptions({
    queryKey: ["alerts", "rules"],
    queryFn: ({ signal }) => call("get", "/api/alerts/rules", { signal }),
    refetchInterval: SOON,
  });

export const alertEvents = () =>
  queryOptions({
    queryKey: ["alerts", "events"],
    queryFn: ({ signal }) => call("get", "/api/alerts/events", { query: { limit: 100 }, signal }),
    refetchInterval: SOON,
  });

export const holdout = () =>
  queryOptions({ queryKey: ["holdout", "share"], queryFn: ({ signal }) => call("get", "/api/experiments/holdout", { signal }) });

export const holdoutResults = () =>
  queryOptions({ queryKey: ["holdout", "results"], queryFn: ({ signal }) => call("get", "/api/experiments/holdout/results", { signal }) });

/** For admins: the API refuses everybody else. */
export const reports = () => queryOptions({ queryKey: ["reports"], queryFn: ({ signal }) => call("get", "/api/reports", { signal }) });

/** For admins: the API refuses everybody else. */
export const auditLog = () =>
  queryOptions({ queryKey: ["audit"], queryFn: ({ signal }) => call("get", "/api/audit-log", { query: { limit: 100 }, signal }), refetchInterval: EVERY });

// Invitations are accepted while somebody looks on.
export const members = () =>
  queryOptions({ queryKey: ["team", "members"], queryFn: ({ signal }) => call("get", "/api/team/members", { signal }), refetchInterval: EVERY });

export const invites = () =>
  queryOptions({ queryKey: ["team", "invites"], queryFn: ({ signal }) => call("get", "/api/team/invites", { signal }), refetchInterval: EVERY });

export const credits = () =>
  queryOptions({ queryKey: ["credits", "left"], queryFn: ({ signal }) => call("get", "/api/billing/credits", { signal }) });

export const purchases = () =>
  queryOptions({ queryKey: ["credits", "purchases"], queryFn: ({ signal }) => call("get", "/api/billing/purchases", { signal }) });

export function stale(client: QueryClient, ...key: string[]): void {
  void client.invalidateQueries({ queryKey: key });
}

/** Puts what a change answered in the place of what was known. A question on its way might bring what held before, so it ends. */
export async function settle<T>(client: QueryClient, queryKey: DataTag<QueryKey, T, Error>, now: T): Promise<void> {
  await client.cancelQueries({ queryKey, exact: true });
  client.setQueryData(queryKey, now);
}
