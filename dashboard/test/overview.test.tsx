import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import Overview from "../src/pages/Overview";
import { play } from "./api";
import { show } from "./show";

const TOTALS = {
  requests: { total: 1234, error: 1, fallback: 0 },
  cache: { exact_hits: 1, semantic_hits: 2, hit_rate: 0.25 },
  tokens: { saved: 10 },
  cost_usd: 1,
  baseline_cost_usd: 4,
  savings_usd: 3,
  savings_percentage: 75,
  error_rate: 0.001,
  unpriced_requests: 0,
  latency_ms: {},
  data_as_of: null,
};

it("figures of another period do not pass for those of the chosen one", async () => {
  play({
    "GET /api/requests": { body: { requests: [{}], next_cursor: null } },
    "GET /api/status": { body: { status: "up", bus: "up", services: {} } },
    "GET /api/analytics/overview": { body: TOTALS },
    "GET /api/analytics/savings": { body: { interval: "day", points: [] } },
    "GET /api/analytics/levers": { body: { levers: [], total_usd: 0 } },
    "GET /api/analytics/models": { body: { models: [] } },
  });
  const answer = globalThis.fetch;
  let late = (): void => undefined;
  const waited = new Promise<void>((resolve) => (late = resolve));
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    if (input.includes("days=7")) await waited;
    return answer(input, init);
  });
  show(<Overview />);
  const figures = () => screen.getByText("1,234").closest("[aria-busy]")?.getAttribute("aria-busy");
  expect(await screen.findByText(/^75.0 % of the \$4\.00/)).toBeTruthy();
  expect(figures()).toBe("false");
  await userEvent.click(screen.getByLabelText("7 days"));
  expect(figures()).toBe("true");
  late();
  await waitFor(() => expect(figures()).toBe("false"));
});

const FIGURES = ["overview", "savings", "levers", "models"].map((name) => `GET /api/analytics/${name}`);
const PAGE = {
  "GET /api/requests": { body: { requests: [{}], next_cursor: null } },
  "GET /api/status": { body: { status: "degraded", bus: "up", services: {} } },
};

it("where analytics is away, one box says so, and asks for all of it again", async () => {
  let away = true;
  const answers: Record<string, unknown> = { overview: TOTALS, savings: { interval: "day", points: [] }, levers: { levers: [], total_usd: 0 }, models: { models: [] } };
  play({
    ...PAGE,
    ...Object.fromEntries(FIGURES.map((route) => [route, () => (away ? { status: 503, body: { detail: "Analytics is away." } } : { body: answers[route.split("/").at(-1) ?? ""] })])),
  });
  show(<Overview />);
  expect(await screen.findAllByRole("alert")).toHaveLength(1);
  expect(screen.getByText("Analytics is away.")).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Models" })).toBeNull();
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("1,234")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("figures lead to what they are made of, over the same days; nothing spent is no chart", async () => {
  window.history.replaceState(null, "", "/?days=7");
  const point = { time: new Date().toISOString(), requests: 1, cost_usd: 0, baseline_cost_usd: 0, savings_usd: 0, tokens_saved: 0 };
  const model = { provider: "openai", model: "gpt-4o", requests: 1, share: 1, cost_usd: 0.5, savings_usd: 0, latency_p50_ms: 1, error_rate: 0.03 };
  const asked = play({
    ...PAGE,
    "GET /api/analytics/overview": { body: TOTALS },
    "GET /api/analytics/savings": { body: { interval: "day", points: [point] } },
    "GET /api/analytics/levers": { body: { levers: [{ lever: "caching", savings_usd: 3, share: 1, tokens_saved: 0 }], total_usd: 3 } },
    "GET /api/analytics/models": { body: { models: [model] } },
  });
  show(<Overview />);
  await screen.findByText("1,234");
  const leads = async (name: string | RegExp): Promise<string | null> => (await screen.findByRole("link", { name })).getAttribute("href");
  expect(await leads("Spent")).toBe("/costs?period=7");
  expect(await leads("Requests")).toBe("/requests?period=7d");
  expect(await leads("1 failed")).toBe("/requests?period=7d&status=error");
  expect(await leads("Cache hit rate")).toBe("/requests?period=7d&cache_hit=true");
  expect(await leads("gpt-4o")).toBe("/requests?period=7d&model=gpt-4o");
  expect(await leads("Answered from the cache")).toBe("/cache");
  expect(await screen.findByText("Nothing was spent in this period")).toBeTruthy();
  expect(asked.find((one) => one.route === FIGURES[0])?.query).toBe("days=7");
});
