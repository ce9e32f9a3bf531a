import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import Performance from "../src/pages/Performance";
import { slowest } from "../src/pages/performance/Intervals";
import { lines } from "../src/pages/performance/LatencyChart";
import { before, INTERVALS, PERIODS, starts, stretchOf } from "../src/pages/performance/stretch";
import { slownessOf } from "../src/pages/requests/FilterBar";
import { useSort } from "../src/ui/sort";
import { play } from "./api";
import { show } from "./show";

const MS = { p50: 400, p95: 1500, p99: 3000, overhead_p50: 4, overhead_p95: 9, provider_p50: 390, provider_p95: 1490, first_byte_p50: 100, first_byte_p95: 250 };
const USE = { requests: 100, errors: 4, cached: 0, input_tokens: 1, output_tokens: 1, tokens_saved: 0, cost_usd: 1, baseline_cost_usd: 1, savings_usd: 0, unpriced_requests: 0 };
const model = (name: string, p99: number | null, requests = 10) => ({ model: name, provider: "openai", requests, share: 0.5, input_tokens: 1, output_tokens: 1, cost_usd: 1, savings_usd: 0, latency_p50_ms: 1, latency_p95_ms: 2, latency_p99_ms: p99, error_rate: 0.1 });
const POINT = { time: "2026-11-24T00:00:00.000Z", requests: 12, latency_ms: MS };
const FOUND = {
  by: ["error"],
  from: "2026-11-20T10:00:00.000Z",
  to: "2026-11-27T10:00:00.000Z",
  time_zone: "UTC",
  rows: [
    { values: ["deadline_exceeded"], key_name: null, use: { ...USE, requests: 1, errors: 1 }, previous: null, points: [] },
    { values: ["rate_limit_exceeded"], key_name: null, use: { ...USE, requests: 3, errors: 3 }, previous: { ...USE, errors: 2 }, points: [] },
  ],
  other: USE,
  without: USE,
  total: USE,
  previous: null,
  intervals: [],
};

function answers(earlier = false) {
  let asked = 0;
  return {
    "GET /api/analytics/overview": { body: { requests: { total: 100 }, error_rate: 0.04, latency_ms: MS } },
    // The period and the one before are asked for in this order.
    "GET /api/analytics/models": () => ({ body: { models: asked++ === 0 || !earlier ? [model("steady", 100, 90), model("slower", 900)] : [model("steady", 100), model("slower", 300)] } }),
    "GET /api/analytics/latencies": { body: { interval: "day", points: [POINT] } },
    "GET /api/analytics/breakdown": { body: FOUND },
  };
}

beforeEach(() => window.history.replaceState(null, "", "/performance"));

describe("the performance page", () => {
  it("shows percentiles beside the period before, and leads to the slowest and the failed requests", async () => {
    const asked = play(answers());
    show(<Performance />);
    const slow = new URL((await screen.findByRole("link", { name: /^The slowest requests of/ })).getAttribute("href") ?? "", "http://here").searchParams;
    expect(slow.get("min_latency_ms")).toBe("1470");
    expect(slow.get("to")).toBe("2026-11-25T00:00:00.000Z");
    const failed = new URL((await screen.findByRole("link", { name: "rate_limit_exceeded" })).getAttribute("href") ?? "", "http://here").searchParams;
    expect([failed.get("error_code"), failed.get("status"), failed.get("from")]).toEqual(["rate_limit_exceeded", null, FOUND.from]);
    const rows = within(screen.getByRole("group", { name: "Errors, table" })).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("rate_limit_exceeded");
    expect(rows[1]?.textContent).toContain("75.0\u00a0%");
    const series = asked.filter((one) => one.route.endsWith("/latencies"));
    expect(new URLSearchParams(series[0]?.query).get("interval")).toBe("day");
  });

  it("puts models in the order of what changed, and shows one alone", async () => {
    const asked = play(answers(true));
    show(<Performance />);
    const table = await screen.findByRole("group", { name: "Latency by model, table" });
    await within(table).findByText("+200.0 %");
    const first = (): string | null | undefined => within(table).getAllByRole("row")[1]?.textContent;
    expect(first()).toContain("steady");
    await userEvent.click(within(table).getByRole("button", { name: "Difference" }));
    expect(first()).toContain("slower");
    expect(within(table).getByRole("columnheader", { name: "Difference" }).getAttribute("aria-sort")).toBe("descending");
    await userEvent.click(within(table).getByRole("link", { name: "slower" }));
    expect(window.location.search).toBe("?model=slower");
    await screen.findByText(/shown alone/);
    const last = (path: string): URLSearchParams => new URLSearchParams(asked.filter((one) => one.route.endsWith(path)).at(-1)?.query);
    expect([last("/latencies").get("model"), last("/breakdown").get("model")]).toEqual(["slower", "slower"]);
  });

  it("says where nothing was asked and nothing failed", async () => {
    play({
      ...answers(),
      "GET /api/analytics/models": { body: { models: [] } },
      "GET /api/analytics/latencies": { body: { interval: "day", points: [] } },
      "GET /api/analytics/breakdown": { body: { ...FOUND, rows: [], total: { ...USE, requests: 0, errors: 0 } } },
    });
    show(<Performance />);
    await waitFor(() => expect(screen.getAllByText("No requests in this period").length).toBe(2));
    expect(screen.getByRole("link", { name: "get started" }).getAttribute("href")).toBe("/start");
    expect(await screen.findByText("No request failed in this period")).toBeTruthy();
  });
});

it("a period is cut into intervals, and those that it holds only a part of are known", () => {
  const now = Date.parse("2026-11-27T10:30:00.000Z");
  for (const { value } of PERIODS) {
    for (const interval of INTERVALS[value]) {
      const stretch = stretchOf(value, interval, now);
      expect(before(stretch).to).toBe(stretch.from);
      const found = starts([{ time: interval === "week" ? "2026-11-23T00:00:00.000Z" : "2026-11-27T00:00:00.000Z" }], stretch); // weeks begin on Mondays
      expect(found.at(-1)?.partial).toBe(true);
      expect(found[0]?.start).toBeLessThanOrEqual(Date.parse(stretch.from));
      expect(found[1]?.start).toBeGreaterThan(Date.parse(stretch.from));
    }
  }
  expect(starts([], stretchOf("7d", "day", now))).toEqual([]);
});

it("a line is broken where there were no requests, and links do not leave the period", () => {
  const stretch = { from: "2026-11-24T06:00:00.000Z", to: "2026-11-26T06:00:00.000Z", interval: "day" } as const;
  const points = [POINT, { ...POINT, time: "2026-11-26T00:00:00.000Z" }];
  expect(lines(points, stretch, false).map(({ values }) => values[2])).toEqual([3000, null, 3000]);
  expect(lines(points, stretch, true)[0]?.values[0]).toBe(9);
  const earlier = [{ ...POINT, time: "2026-11-23T00:00:00.000Z", latency_ms: { ...MS, p99: 7 } }];
  expect(lines(points, stretch, false, earlier).map((column) => column.before)).toEqual([null, 7, null]);
  const query = new URL(slowest(points[1] ?? POINT, stretch, "gpt-4o"), "http://here").searchParams;
  expect([query.get("from"), query.get("to"), query.get("model")]).toEqual(["2026-11-26T00:00:00.000Z", stretch.to, "gpt-4o"]);
  const unknown = { ...POINT, latency_ms: { ...MS, p95: null } };
  expect(slowest(unknown, stretch, "")).not.toContain("min_latency_ms");
});

it("a slowness is a number that the API takes, or none", () => {
  expect([" 12.5", "0", "1e9"].map(slownessOf)).toEqual([12.5, 0, 1e9]);
  expect([null, "", " ", "-1", "2e9", "NaN", "Infinity", "5 s"].map(slownessOf)).toEqual(Array(8).fill(undefined));
});

it("a column turns the rows round when it is clicked again, and what is not known stays last", async () => {
  function Rows() {
    const { sorted, head } = useSort([{ n: 1, name: "b" }, { n: null, name: "c" }, { n: 3, name: "a" }], { n: (row) => row.n, name: (row) => row.name }, "n");
    return (
      <>
        <p>{sorted.map((row) => row.name).join("")}</p>
        <button onClick={head("n").sort}>n {head("n").direction}</button>
        <button onClick={head("name").sort}>name {head("name").direction}</button>
      </>
    );
  }
  render(<Rows />);
  expect(screen.getByText("abc")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "n descending" }));
  expect(screen.getByText("bac")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "name" }));
  expect(screen.getByText("abc")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "name ascending" }));
  expect(screen.getByText("cba")).toBeTruthy();
});
