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
  expect(await screen.findByText(/^75 % of the \$4\.00/)).toBeTruthy();
  expect(figures()).toBe("false");
  await userEvent.click(screen.getByLabelText("7 days"));
  expect(figures()).toBe("true");
  late();
  await waitFor(() => expect(figures()).toBe("false"));
});
