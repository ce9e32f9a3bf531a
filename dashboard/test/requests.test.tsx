import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import Request from "../src/pages/Request";
import Requests from "../src/pages/Requests";
import { fileName } from "../src/ui/Download";
import { begin, fromField, toField } from "../src/pages/requests/period";
import { type Answers, play } from "./api";
import { show } from "./show";

const ENTRY = {
  id: "req_1",
  key_id: "key_1",
  time: "2026-11-20T10:00:00Z",
  kind: "chat",
  stream: false,
  status: "success",
  status_code: 200,
  error_code: null,
  user: null,
  tags: {},
  degraded: [], dropped: [], unpriced: [], items: 0, cached_items: 0,
  trace_id: "0af7",
  trace_url: null,
  feedback: null,
  baseline_model: "gpt-4o",
  routed_model: "gpt-4o-mini",
  served_model: "gpt-4o-mini",
  provider: "openai",
  tier: "simple",
  rule_id: "rule_1",
  routing_reason: "rule",
  routing_score: 0.25,
  shadow_model: null,
  shadow_savings_usd: null,
  cache: "miss",
  cache_hit: false,
  cache_similarity: null,
  cache_source_id: null,
  fallback_used: false,
  original_tokens: 10,
  optimized_tokens: 10,
  output_tokens: 5,
  receipt: {
    baseline_model: "gpt-4o", served_model: "gpt-4o-mini", baseline_cost_usd: 0.3, cost_usd: 0.3, savings_usd: 0, lines: [], not_done: [], price_version: "1", estimated: false,
    tokens: { cache_read: 0 }, latency_ms: { total: 1, overhead: 1, provider: null, first_byte: null },
  },
};
const RULE = { id: "rule_1", name: "Bills", condition_type: "always", condition_value: {}, action: "force_tier", action_value: "simple", priority: 0, created_at: ENTRY.time };

function log(more: Answers = {}) {
  return play({
    "GET /api/keys/platform": { body: { keys: [] } },
    "GET /api/requests": { body: { requests: [], next_cursor: null } },
    "GET /api/requests/stream": { status: 400, body: { detail: "Not now." } },
    ...more,
  });
}
const queries = (asked: ReturnType<typeof play>, route = "GET /api/requests") => asked.filter((one) => one.route === route).map((one) => Object.fromEntries(new URLSearchParams(one.query)));

afterEach(() => vi.restoreAllMocks());

describe("a stretch of time", () => {
  it("begins so many hours ago", () => {
    expect(begin("24h", Date.parse("2026-03-02T12:00:00Z"))).toBe("2026-03-01T12:00:00.000Z");
    expect([begin("custom", 0), begin(null, 0)]).toEqual([undefined, undefined]);
  });

  it("is written in the viewer's zone, and sent in UTC", () => {
    const local = new Date(2026, 2, 1, 9, 5);
    expect(toField(local.toISOString())).toBe("2026-03-01T09:05");
    expect(fromField("2026-03-01T09:05")).toBe(local.toISOString());
    expect([toField("yesterday"), toField(undefined), fromField("")]).toEqual(["", "", ""]);
    expect(fileName("promptly-requests", local)).toBe("promptly-requests-2026-03-01-0905.csv");
  });
});

it("a period goes into the address and the question, and can be named to the minute", async () => {
  window.history.replaceState(null, "", "/requests?status=error");
  const asked = log();
  const drawn = show(<Requests />);
  const user = userEvent.setup();
  await user.selectOptions(screen.getByLabelText("Time"), "24h");
  expect(window.location.search).toBe("?status=error&period=24h");
  await waitFor(() => expect(queries(asked).at(-1)?.["from"]).toBeTruthy());
  const since = Date.parse(String(queries(asked).at(-1)?.["from"]));
  expect(Math.abs(Date.now() - since - 86_400_000)).toBeLessThan(10_000);
  expect(screen.getByText(/^Since /)).toBeTruthy();

  await user.selectOptions(screen.getByLabelText("Time"), "custom");
  const to = screen.getByLabelText<HTMLInputElement>("To");
  fireEvent.change(to, { target: { value: "2026-03-01T09:05" } });
  fireEvent.blur(to);
  const end = new Date(2026, 2, 1, 9, 5).toISOString();
  expect(await screen.findByText("It has to lie after From.")).toBeTruthy();
  expect(new URLSearchParams(window.location.search).get("to")).toBe(end);
  expect(queries(asked).some((one) => one["to"])).toBe(false);
  const from = screen.getByLabelText<HTMLInputElement>("From");
  fireEvent.change(from, { target: { value: "2026-03-01T09:00" } });
  fireEvent.blur(from);
  await waitFor(() => expect(queries(asked).at(-1)).toMatchObject({ from: new Date(2026, 2, 1, 9).toISOString(), to: end }));
  await user.click(screen.getByRole("button", { name: "Clear" }));
  expect(window.location.search).toBe("");
  expect(screen.queryByLabelText("To")).toBeNull();
  drawn.unmount();
});

it("a key that is gone is named by its id, and being live is nobody's filter", async () => {
  window.history.replaceState(null, "", "/requests?key_id=key_gone");
  log();
  const drawn = show(<Requests />);
  const user = userEvent.setup();
  expect(screen.getByLabelText<HTMLSelectElement>("Key").value).toBe("key_gone");
  await user.click(screen.getByLabelText("Live"));
  await user.selectOptions(screen.getByLabelText("Status"), "error");
  expect(window.location.search).toBe("?key_id=key_gone&status=error");
  expect(screen.getByLabelText<HTMLInputElement>("Live").checked).toBe(false);
  drawn.unmount();
});

it("what arrived stays until the list that is read again is here", async () => {
  log();
  const answer = globalThis.fetch;
  let waiting: Promise<void> = Promise.resolve();
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const tell = (text: string) => stream?.enqueue(new TextEncoder().encode(text));
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    if (input.startsWith("/api/requests/stream")) return new Response(new ReadableStream<Uint8Array>({ start: (control) => void (stream = control) }));
    if (input.startsWith("/api/requests?")) await waiting;
    return answer(input, init);
  });
  const drawn = show(<Requests />);
  expect(await screen.findByText("No requests yet")).toBeTruthy();
  tell(`event: request\ndata: ${JSON.stringify(ENTRY)}\n\n`);
  expect(await screen.findByText("gpt-4o")).toBeTruthy();
  let late = (): void => undefined;
  waiting = new Promise((resolve) => (late = resolve));
  tell("event: missed\ndata: {}\n\n");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(screen.getByText("gpt-4o")).toBeTruthy();
  late();
  expect(await screen.findByText("No requests yet")).toBeTruthy();
  drawn.unmount();
});

it("so many new entries as fit beside no list are read as one", async () => {
  const asked = log();
  const answer = globalThis.fetch;
  const event = (at: number) => `event: request\ndata: ${JSON.stringify({ ...ENTRY, id: `req_${at}` })}\n\n`;
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) =>
    input.startsWith("/api/requests/stream") ? new Response(Array.from({ length: 500 }, (_, at) => event(at)).join("")) : answer(input, init),
  );
  const drawn = show(<Requests />);
  // When it is drawn, when the stream is open, and when there are too many.
  await waitFor(() => expect(queries(asked).length).toBeGreaterThanOrEqual(3));
  await waitFor(() => expect(document.querySelectorAll("tr").length).toBeLessThan(500)); // by role, each row is looked at with all its parents
  drawn.unmount();
}, 120_000); // it draws hundreds of rows, on a machine that may be busy

it("what is filtered can be had as a file, and a failure is told", async () => {
  window.history.replaceState(null, "", "/requests?status=error&from=2026-03-01T00:00:00.000Z");
  let away = true;
  const asked = log({ "GET /api/requests/export.csv": () => (away ? { status: 503, body: { detail: "The log cannot be read right now." } } : { body: "id,time" }) });
  const saved: string[] = [];
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:here");
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.href} ${this.download}`);
  });
  const drawn = show(<Requests />);
  await userEvent.click(await screen.findByRole("button", { name: "Export CSV" }));
  expect((await screen.findByRole("alert")).textContent).toBe("The log cannot be read right now.");
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Export CSV" }));
  await screen.findByText(/^Saved as promptly-requests-.*\.csv$/);
  expect(saved).toEqual([expect.stringMatching(/^blob:here promptly-requests-\d{4}-\d\d-\d\d-\d{4}\.csv$/)]);
  expect(queries(asked, "GET /api/requests/export.csv")[1]).toEqual({ status: "error", from: "2026-03-01T00:00:00.000Z" });
  drawn.unmount();
});

it("a request names its rule, and leads to its trace where that is somewhere", async () => {
  const url = "http://localhost:16686/trace/0af7";
  play({ "GET /api/requests/req_1": { body: { ...ENTRY, trace_url: url } }, "GET /api/routing/rules": { body: { rules: [RULE] } } });
  show(<Request id="req_1" />);
  expect((await screen.findByRole("link", { name: "Bills" })).getAttribute("href")).toBe("/routing");
  expect(screen.getByText("Always: use the simple tier")).toBeTruthy();
  expect(screen.getByText("A rule decided.")).toBeTruthy();
  const link = screen.getByRole("link", { name: /0af7/ });
  expect([link.getAttribute("href"), link.getAttribute("target"), link.getAttribute("rel")]).toEqual([url, "_blank", "noreferrer"]);
});

it("a rule that is gone is known by its id, and a trace without a page by its own", async () => {
  play({ "GET /api/requests/req_1": { body: ENTRY }, "GET /api/routing/rules": { body: { rules: [] } } });
  show(<Request id="req_1" />);
  expect(await screen.findByText("rule_1")).toBeTruthy();
  expect(screen.getByText("0af7").tagName).toBe("CODE");
  expect(screen.queryByRole("link", { name: /0af7/ })).toBeNull();
});

it("a failed request was served by nobody, and says why it failed, whose it was, and by which key it came", async () => {
  const failed = { ...ENTRY, status: "error", status_code: 502, error_code: "upstream_connect", fallback_used: true, user: "user-42", served_model: null, routing_reason: "manual", rule_id: null };
  const key = { id: "key_1", name: "Checkout", last_four: "wxyz" };
  log({ "GET /api/requests/req_1": { body: failed }, "GET /api/keys/platform": { body: { keys: [key] } } });
  show(<Request id="req_1" />);
  expect((await screen.findByRole("row", { name: /^Served by/ })).textContent).toContain("nobody");
  expect(screen.getByText("The first call failed, and so did the one to the requested model.")).toBeTruthy();
  expect(screen.queryByText(/answered/)).toBeNull();
  expect(screen.getByRole("row", { name: /^Why it failed/ }).textContent).toContain("could not be reached");
  expect((await screen.findByRole("link", { name: "Checkout …wxyz" })).getAttribute("href")).toBe("/requests?key_id=key_1");
  expect(screen.getByRole("link", { name: "user-42" }).getAttribute("href")).toBe("/requests?user=user-42");
});
