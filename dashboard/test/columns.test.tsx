import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import Requests from "../src/pages/Requests";
import { play } from "./api";
import { show } from "./show";

const ENTRY = {
  key_id: "key_1", time: "2026-11-20T10:00:00Z", kind: "chat", status: "success", error_code: null, user: "ann", tags: { team: "search" }, baseline_model: "gpt-4o",
  routed_model: "gpt-4o-mini", cache: "miss", original_tokens: 10, optimized_tokens: 10, output_tokens: 5, cost_usd: 0.01, savings_usd: 0, latency_ms: 100, first_byte_ms: null,
};
const ENTRIES = [
  { ...ENTRY, id: "req_1", time: "2026-11-20T10:02:00Z", latency_ms: 50 },
  { ...ENTRY, id: "req_2", time: "2026-11-20T10:01:00Z", latency_ms: 900, user: null, cost_usd: 0.5 },
  { ...ENTRY, id: "req_3", latency_ms: 200 },
];

afterEach(() => localStorage.clear());

function log(cursor: string | null = null, requests: object[] = ENTRIES): void {
  play({
    "GET /api/keys/platform": { body: { keys: [{ id: "key_1", name: "Checkout" }] } },
    "GET /api/teams": { body: { teams: [] } },
    "GET /api/requests": { body: { requests, next_cursor: cursor } },
    "GET /api/requests/stream": { status: 400, body: { detail: "Not now." } },
  });
}
const order = (): (string | undefined)[] => screen.getAllByRole("link").flatMap((link) => link.getAttribute("href")?.match(/req_\d/) ?? []);

it("the log is put in the order of a column, of the rows that stand there", async () => {
  log("more");
  show(<Requests />);
  await waitFor(() => expect(order()).toEqual(["req_1", "req_2", "req_3"]));
  await userEvent.click(screen.getByRole("button", { name: "Latency" }));
  expect(order()).toEqual(["req_2", "req_3", "req_1"]);
  expect(screen.getByText("Sorted among the 3 requests that stand here; there are older ones.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /^Latency/ }));
  expect(order()).toEqual(["req_1", "req_3", "req_2"]);
  await userEvent.click(screen.getByRole("button", { name: "Time" }));
  expect(order()).toEqual(["req_1", "req_2", "req_3"]);
  expect(screen.queryByText(/^Sorted among/)).toBeNull();
});

it("columns are chosen, and stay chosen in this browser; nothing is kept before", async () => {
  log();
  show(<Requests />);
  await waitFor(() => expect(order()).toHaveLength(3));
  expect(Object.keys(localStorage)).toEqual([]);
  expect(screen.queryByRole("columnheader", { name: "Key" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Columns" }));
  await userEvent.click(await screen.findByLabelText("Key", { selector: "[type=checkbox]" }));
  await userEvent.click(screen.getByLabelText("Tags"));
  await userEvent.click(screen.getByLabelText("Saved"));
  const heads = (): (string | null)[] => within(screen.getByRole("group", { name: "Requests, table" })).getAllByRole("columnheader").map((one) => one.textContent);
  expect(heads()).toEqual(["Time ↓", "Status", "Model", "Key", "Tags", "Prompt tokens", "Cost", "Latency"]);
  expect((await screen.findAllByText("Checkout")).length).toBe(3);
  expect(screen.getAllByText("team=search").length).toBe(3);
  expect(localStorage.getItem("promptly-columns")).toBe("status,model,key,tags,tokens,cost,latency");
});

it("on a phone model, status and cost stand in one line", async () => {
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("max-width"), addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined }));
  log(null, [{ ...ENTRY, id: "req_1" }, { ...ENTRY, id: "req_2", status: "cached", cache: "exact" }]);
  show(<Requests />);
  const table = await screen.findByRole("table", { name: "Requests" });
  expect(within(table).getAllByRole("row")[2]?.textContent).toMatch(/cached\$/);
  expect(within(table).getAllByRole("row")[1]?.textContent).toMatch(/^gpt-4o-mini.*success\$0\.010000$/);
  expect(within(table).getAllByRole("link", { name: "gpt-4o-mini" })[0]?.getAttribute("href")).toBe("/requests/req_1");
});
