import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Entry } from "../src/api/queries";
import Conversation from "../src/pages/Conversation";
import { receiptOf, sumsUp } from "../src/ui/receipt";
import { play } from "./api";
import { show } from "./show";

function turn(number: number, more: Partial<Entry> = {}): Partial<Entry> {
  return {
    id: `req_${number}`,
    time: `2026-11-20T10:0${number}:00Z`,
    status: "success",
    error_code: null,
    cache: "miss",
    client: "codex",
    baseline_model: "gpt-4o",
    routed_model: "gpt-4o",
    served_model: "gpt-4o",
    tokens: { uncached_input: 100, cache_read: 300, cache_write_5m: 0, cache_write_1h: 0, output_text: 7, output_reasoning: 0 },
    output_tokens: 7,
    baseline_cost_usd: 0.3,
    cost_usd: 0.1,
    savings_usd: 0.2,
    optimizations: [{ lever: "cache_discount", tokens_saved: 0, savings_usd: 0.2 }],
    latency_ms: 800,
    ...more,
  };
}

const NONE = { uncached_input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output_text: 0, output_reasoning: 0 };

function answered(...pages: Partial<Entry>[][]) {
  let at = 0;
  return play({
    "GET /api/requests": () => {
      const requests = pages[at] ?? [];
      at += 1;
      return { body: { requests, next_cursor: at < pages.length ? `after-${at}` : null } };
    },
  });
}

describe("a conversation", () => {
  it("stands in order of time, with the model, the cached share, and sums that add up", async () => {
    const asked = answered([
      turn(3, { status: "error", error_code: "timeout", served_model: null, routed_model: "gpt-4o-mini", tokens: NONE, output_tokens: 0, baseline_cost_usd: 0, cost_usd: 0, savings_usd: 0, optimizations: [] }),
      turn(2, { served_model: "gpt-4o-mini", routed_model: "gpt-4o-mini", optimizations: [{ lever: "routing", tokens_saved: 0, savings_usd: 0.1 }, { lever: "whitespace", tokens_saved: 12, savings_usd: 0.1 }] }),
      turn(1, { tokens: { ...NONE, uncached_input: 400 }, cost_usd: 0.3, savings_usd: 0, optimizations: [] }),
    ]);
    show(<Conversation session="5e55" />);
    const rows = within((await screen.findByRole("group", { name: /table$/ })).querySelector("tbody") as HTMLElement).getAllByRole("row");
    expect(rows.map((row) => row.querySelector("a")?.getAttribute("href"))).toEqual(["/requests/req_1", "/requests/req_2", "/requests/req_3"]);
    expect(rows[0]?.textContent).toContain("0.0\u00a0%");
    expect(rows[1]?.textContent).toContain("gpt-4o → gpt-4o-mini");
    expect(rows[1]?.textContent).toContain("75.0\u00a0%");
    expect(rows[2]?.textContent).toContain("error · timeout");
    expect(rows[2]?.textContent).toContain("–"); // no input, no share of it
    const total = screen.getByRole("row", { name: /^Total/ }).textContent;
    expect(total).toContain("800");
    expect(total).toContain("37.5\u00a0%");
    const receipt = screen.getByTestId("receipt").textContent;
    expect(receipt).toBe("Asked for, without Promptly$0.600000000Routed to a cheaper model−$0.100000000Whitespace and JSON 12 tokens−$0.100000000Paid$0.400000000");
    screen.getByText(/The lines add up to the last digit/);
    screen.getByText("3, 1 failed");
    expect(asked.map((one) => one.query)).toEqual(["session=5e55&limit=200"]);
  });

  it("of more than a page shows the latest, says so, and fetches earlier ones", async () => {
    const asked = answered([turn(3), turn(2)], [turn(1)]);
    show(<Conversation session="5e55" />);
    await screen.findByText(/These are the latest 2 requests; the sums are theirs alone/);
    await userEvent.setup().click(screen.getByRole("button", { name: "Earlier requests" }));
    await waitFor(() => expect(screen.queryByText(/These are the latest/)).toBeNull());
    expect(asked.at(-1)?.query).toBe("session=5e55&limit=200&cursor=after-1");
    const [first] = screen.getAllByRole("link").filter((link) => link.getAttribute("href")?.startsWith("/requests/"));
    expect(first?.getAttribute("href")).toBe("/requests/req_1");
  });

  it("leaves out of its sums what has no price, and says how many", async () => {
    answered([turn(2, { cost_usd: null, savings_usd: null }), turn(1)]);
    show(<Conversation session="5e55" />);
    await screen.findByText(/Without 1 request of which a price is not known/);
    expect(screen.getByTestId("receipt").textContent).toContain("Paid$0.100000000");
  });

  it("has nothing to add up where no price is known, and says where there is no request", async () => {
    answered([turn(1, { cost_usd: null, savings_usd: null })]);
    const { unmount } = show(<Conversation session="5e55" />);
    await screen.findByText(/nothing to add up/);
    unmount();
    answered([]);
    show(<Conversation session="gone" />);
    await screen.findByText("No request of this session is in the log");
  });
});

it("many receipts make one, in whole nano-dollars", () => {
  const third = { baseline_cost_usd: 0.1 + 1e-9, cost_usd: 0.1, optimizations: [{ lever: "whitespace" as const, tokens_saved: 1, savings_usd: 1e-9 }] };
  const sum = receiptOf(Array.from({ length: 1000 }, () => third));
  expect(sum).toEqual({ baseline_cost_usd: 100.000001, cost_usd: 100, lines: [{ lever: "whitespace", tokens_saved: 1000, savings_usd: 0.000001 }], unpriced: 0 });
  expect(sumsUp(sum)).toBe(true);
  expect(sumsUp(receiptOf([{ ...third, optimizations: [] }]))).toBe(false);
});
