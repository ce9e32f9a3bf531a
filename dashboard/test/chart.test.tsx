import { act, fireEvent, render, screen } from "@testing-library/react";
import { MantineProvider } from "@mantine/core";
import { expect, it, vi } from "vitest";
import { Chart } from "../src/ui/Chart";
import { every, ticks } from "../src/ui/scale";
import { filled } from "../src/ui/SpendChart";

const SERIES = [
  { name: "Search", color: "teal.6" },
  { name: "Support", color: "blue.6" },
];
const COLUMNS = [
  { label: "1 Nov", partial: true, values: [1, 3], before: 5 },
  { label: "2 Nov", partial: false, values: [0, 2], before: null },
];

function chart(more: object = {}) {
  // What is drawn needs a size, which nothing has here.
  vi.stubGlobal("ResizeObserver", class {
    constructor(private told: (entries: object[]) => void) {}
    observe(target: Element): void {
      this.told([{ target, contentRect: { width: 400, height: 200, x: 0, y: 0, top: 0, left: 0, right: 400, bottom: 200 } }]);
    }
    unobserve(): void {}
    disconnect(): void {}
  });
  vi.stubGlobal("requestAnimationFrame", (does: () => void) => (act(does), 0));
  render(
    <MantineProvider>
      <Chart label="Cost per day" axis="Dollars per day" kind="stacked" series={SERIES} columns={COLUMNS} write={(value) => `$${value}`} before="The period before" {...more} />
    </MantineProvider>,
  );
  return screen.getByRole("img", { name: "Cost per day" });
}

const lines = (): string[] => screen.getAllByRole("row").map((row) => row.textContent ?? "");

it("arrows go from column to column, and say what each is made of", () => {
  const drawn = chart();
  fireEvent.keyDown(drawn, { key: "ArrowRight" });
  expect(screen.getByText("1 Nov (part)")).toBeTruthy();
  expect(lines()).toEqual(["Search$125.0\u00a0%", "Support$375.0\u00a0%", "Total$4100.0\u00a0%", "The period before$5"]);
  for (let presses = 0; presses < 3; presses += 1) fireEvent.keyDown(drawn, { key: "ArrowRight" });
  expect(lines()).toEqual(["Support$2100.0\u00a0%", "Total$2100.0\u00a0%"]);
  fireEvent.keyDown(drawn, { key: "Escape" });
  expect(screen.queryByRole("row")).toBeNull();
});

it("lines have no total and no shares, and what is not there is a dash", () => {
  const drawn = chart({ kind: "lines", columns: [{ label: "1 Nov", partial: false, values: [null, 2] }] });
  fireEvent.keyDown(drawn, { key: "ArrowLeft" });
  expect(lines()).toEqual(["Search–", "Support$2"]);
});

it("the period before is drawn and named where there was one", () => {
  chart();
  expect(screen.getByTestId("before").getAttribute("d")).toMatch(/^M.*H/);
  expect(screen.getByText("The period before")).toBeTruthy();
  expect(screen.getByText(/^paler/)).toBeTruthy();
});

it("and neither where there was none", () => {
  chart({ columns: COLUMNS.map((one) => ({ ...one, before: null, partial: false })) });
  expect(screen.queryByTestId("before")).toBeNull();
  expect(screen.queryByText("The period before")).toBeNull();
});

it("ticks are round, few, and hold every value", () => {
  for (const values of [[], [0, 0]]) expect([ticks(values)[0], ticks(values).at(-1)]).toEqual([0, 1]);
  expect(ticks([3], true)).toEqual([0, 1, 2, 3]);
  expect(ticks([0.4], true)).toEqual([0, 1]);
  for (const values of [[7], [0.000012], [123_456_789], [-3, 12], [-5], [9.99], [1e-9], [1e12, -1e12]]) {
    const found = ticks(values);
    expect(found.length).toBeLessThanOrEqual(7);
    expect(found[0]).toBeLessThanOrEqual(Math.min(0, ...values));
    expect(found.at(-1)).toBeGreaterThanOrEqual(Math.max(...values));
    expect(found).toContain(0);
  }
});

it("labels stand as often as they fit", () => {
  expect([every(200, 6), every(30, 6), every(1, 10)]).toEqual([1, 2, 82]);
});

it("intervals without requests stand with nothing in them", () => {
  const at = (day: number): number => Date.UTC(2026, 10, day);
  const point = { requests: 1, cost_usd: 1, baseline_cost_usd: 1, savings_usd: 0, tokens_saved: 0 };
  const found = filled([{ ...point, time: new Date(at(3)).toISOString() }], "day", 3, at(5) + 3_600_000);
  expect(found.map(({ time, spent, partial }) => [time, spent, partial])).toEqual([[at(2), 0, true], [at(3), 1, false], [at(4), 0, false], [at(5), 0, true]]);
});
