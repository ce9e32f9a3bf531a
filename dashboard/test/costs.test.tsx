import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import Costs from "../src/pages/Costs";
import { bars, shownOf, totals } from "../src/pages/costs/bars";
import { change, forecast, spanOf } from "../src/pages/costs/period";
import { play } from "./api";
import { show } from "./show";

const USE = { requests: 10, errors: 1, cached: 2, input_tokens: 100, output_tokens: 50, tokens_saved: 5, cost_usd: 4, baseline_cost_usd: 6, savings_usd: 2, unpriced_requests: 0 };
const NONE = { ...USE, requests: 0, errors: 0, cached: 0, cost_usd: 0, baseline_cost_usd: 0, savings_usd: 0 };
const FOUND = {
  by: ["key"],
  from: "2026-11-01T00:00:00.000Z",
  to: "2026-11-21T00:00:00.000Z",
  time_zone: "UTC",
  rows: [
    { values: ["key_1"], key_name: "Search team", use: { ...USE, cost_usd: 3 }, previous: { ...USE, cost_usd: 2 }, points: [{ time: "2026-11-02T00:00:00.000Z", use: USE }] },
    { values: ["key_2"], key_name: null, use: { ...USE, cost_usd: 1 }, previous: NONE, points: [] },
  ],
  other: NONE,
  without: NONE,
  total: USE,
  previous: { from: "2026-10-01T00:00:00.000Z", to: "2026-10-21T00:00:00.000Z", total: { ...USE, cost_usd: 5 } },
  intervals: [
    { start: "2026-11-01T00:00:00.000Z", partial: true },
    { start: "2026-11-02T00:00:00.000Z", partial: false },
  ],
};

beforeEach(() => window.history.replaceState(null, "", "/costs"));

describe("the costs page", () => {
  it("shows the visits of the playground as one row, and leads to their requests", async () => {
    const visits = { values: ["playground"], key_name: null, use: USE, previous: null, points: [] };
    play({ "GET /api/analytics/breakdown": { body: { ...FOUND, rows: [visits], previous: null } } });
    show(<Costs />);
    const link = await screen.findByRole("link", { name: "playground" });
    expect(new URLSearchParams(link.getAttribute("href")?.split("?")[1]).get("tag")).toBe("source=playground");
    expect(link.getAttribute("href")).not.toContain("key_id");
  });

  it("shows who spent how much, beside the period before, and leads to the requests", async () => {
    const asked = play({ "GET /api/analytics/breakdown": { body: FOUND } });
    show(<Costs />);
    const link = await screen.findByRole("link", { name: "Search team" });
    expect(link.getAttribute("href")).toContain("key_id=key_1");
    expect(screen.getByText("+50.0 %")).toBeTruthy();
    expect(screen.getByText("new")).toBeTruthy();
    expect(screen.getByText(/\$5\.00 in the period before: −20.0 %/)).toBeTruthy();
    const query = new URLSearchParams(asked[0]?.query);
    // And what all requests cost, over the same intervals, in this period and in the one before.
    await waitFor(() => expect(asked.map((one) => new URLSearchParams(one.query)).filter((one) => one.get("by") === "endpoint").map((one) => one.get("to"))).toContain(FOUND.previous.to));
    expect([query.get("by"), query.get("previous"), query.get("interval")]).toEqual(["key", "true", "day"]);
  });

  it("keeps what was chosen in the address, and crosses no two of user, client and tag", async () => {
    const asked = play({ "GET /api/analytics/breakdown": { body: FOUND } });
    window.history.replaceState(null, "", "/costs?by=tag:team&and=user&period=last-month");
    show(<Costs />);
    await screen.findByRole("link", { name: "Search team" });
    expect(new URLSearchParams(asked[0]?.query).get("by")).toBe("tag:team");
    await userEvent.selectOptions(screen.getByLabelText("and by"), "model");
    await waitFor(() => expect(asked.map((one) => new URLSearchParams(one.query).get("by"))).toContain("tag:team,model"));
    expect(window.location.search).toContain("and=model");
    const tag = screen.getByLabelText("Tag's name");
    await userEvent.clear(tag);
    await userEvent.type(tag, "feature{Enter}");
    await waitFor(() => expect(asked.map((one) => new URLSearchParams(one.query).get("by"))).toContain("tag:feature,model"));
  });

  it("says so where there is nothing, and asks nothing of days that are none", async () => {
    play({ "GET /api/analytics/breakdown": { body: { ...FOUND, rows: [], total: NONE, previous: null } } });
    show(<Costs />);
    expect(await screen.findAllByText("No requests in this period")).toHaveLength(2);
    expect(screen.getByRole("link", { name: "get started" }).getAttribute("href")).toBe("/start");
    const asked = play({});
    window.history.replaceState(null, "", "/costs?period=custom&from=2026-11-05&to=2026-11-01");
    show(<Costs />);
    expect(await screen.findByText("Choose two days")).toBeTruthy();
    expect(asked).toEqual([]);
  });
});

describe("its periods", () => {
  const now = new Date(2026, 10, 16, 12);
  const local = (text: string): string => new Date(text).toLocaleDateString("sv");

  it("are calendar months by the viewer's clocks", () => {
    const month = spanOf("month", new URLSearchParams(), now);
    expect([local(month?.from ?? ""), month?.interval]).toEqual(["2026-11-01", "day"]);
    expect(month?.over).toBeCloseTo(15.5 / 30, 2);
    const last = spanOf("last-month", new URLSearchParams(), now);
    expect([local(last?.from ?? ""), local(last?.to ?? "")]).toEqual(["2026-10-01", "2026-11-01"]);
    expect(last?.over).toBe(1);
  });

  it("of one's own hold their last day, and end with today", () => {
    const own = spanOf("custom", new URLSearchParams("from=2026-01-30&to=2026-01-31"), now);
    expect([local(own?.from ?? ""), local(own?.to ?? "")]).toEqual(["2026-01-30", "2026-02-01"]);
    expect(spanOf("custom", new URLSearchParams("from=2026-11-01&to=2027-01-01"), now)?.to).toBe(now.toISOString());
    for (const query of ["", "from=2026-11-01", "from=x&to=y", "from=2026-11-02&to=2026-11-01"]) expect(spanOf("custom", new URLSearchParams(query), now)).toBeNull();
  });
});

it("a change is told against what was, and a pace from the second day on", () => {
  expect([change(3, 2), change(1, 0), change(0, 4)]).toEqual([0.5, null, -1]);
  expect([forecast(10, 0.5), forecast(10, 0.01), forecast(10, 1)]).toEqual([20, null, null]);
});

it("a bar says that its interval is only in part in the period", () => {
  const made = bars(FOUND as never, ["Search team", "key_2"], "day");
  expect(made.map(({ partial, values }) => [partial, values])).toEqual([
    [true, [0, 0]],
    [false, [4, 0]],
  ]);
});

it("a chart names whoever has most of what it shows, each name once, and nobody who has nothing of it", () => {
  const row = (name: string, cost_usd: number, errors: number) => ({ values: [name], key_name: name, use: { ...USE, cost_usd, errors }, previous: null, points: [{ time: "2026-11-02T00:00:00.000Z", use: { ...USE, cost_usd, errors } }] });
  const rows = [row("dear", 9, 0), row("dear", 8, 0), row("free", 0, 40), ...Array.from({ length: 6 }, (_, at) => row(`n${at}`, 7 - at, at))];
  const found = { ...FOUND, rows } as never;
  const names = rows.map((one) => one.key_name);
  expect(shownOf(found, names, "cost")).toEqual({ shown: ["dear", "n0", "n1", "n2", "n3", "n4"], others: true });
  expect(shownOf(found, names, "errors")).toEqual({ shown: ["free", "n5", "n4", "n3", "n2", "n1"], others: false });
  expect(bars(found, names, "day", "cost")[1]?.values).toEqual([17, 7, 6, 5, 4, 3, 2]);
  expect(bars(found, names, "day", "errors")[1]?.values).toEqual([40, 5, 4, 3, 2, 1]);
});

it("a bar is as high as all requests cost, also those of rows that are not shown or have no value", () => {
  const found = { ...FOUND, without: { ...USE, cost_usd: 3 } } as never;
  expect(totals(found)).toEqual([0, 4]);
  expect(shownOf(found, ["Search team", "key_2"], "cost").others).toBe(true);
  expect(bars(found, ["Search team", "key_2"], "day", "cost", [1, 7]).map(({ values }) => values)).toEqual([
    [0, 0, 1],
    [4, 0, 3],
  ]);
  for (const name of ["time", "__proto__", "constructor"]) {
    expect(bars({ ...FOUND, rows: [{ ...FOUND.rows[0], key_name: name }] } as never, [name], "day")[1]?.values).toEqual([4]);
  }
});
