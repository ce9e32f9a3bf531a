import { describe, expect, it } from "vitest";
import { address, ApiError, call } from "../src/api/client";
import { EventReader } from "../src/api/events";
import { session } from "../src/api/session";
import { coloursOf, type Given } from "../src/ui/charts";
import { ago, exactMoney, milliseconds, money, moneyColumn, percent, timeAxis } from "../src/ui/format";
import { messagesOf } from "../src/ui/pasted";
import { sumsUp } from "../src/ui/receipt";
import { filled } from "../src/ui/SpendChart";
import { play } from "./api";

describe("money", () => {
  it.each([
    [0, "$0.00"],
    [1234.5, "$1,234.50"],
    [12.3456, "$12.35"],
    [1, "$1.00"],
    [0.01234567, "$0.0123"],
    [0.000017, "$0.000017"],
    [-0.000000001, "−$0.000000001"],
    [null, "–"],
  ])("%s is written %s", (usd, text) => expect(money(usd)).toBe(text));

  it("keeps nine digits where lines add up", () => expect(exactMoney(-0.0000171)).toBe("−$0.000017100"));
});

it("a column of money has one precision, and what is there is never written as nothing", () => {
  const amounts = [1234.5, 0.2, 0.0001, 0, null, -0.004];
  expect(amounts.map(moneyColumn(amounts))).toEqual(["$1,234.50", "$0.20", "<$0.01", "$0.00", "–", "−<$0.01"]);
  expect([2, 0.5].map(moneyColumn([2, 0.5]))).toEqual(["$2.0000", "$0.5000"]);
  expect([0.02, 0.000312].map(moneyColumn([0.02, 0.000312]))).toEqual(["$0.020000", "$0.000312"]);
});

it("writes shares and times", () => {
  expect([percent(0.03), percent(0.143)]).toEqual(["3.0\u00a0%", "14.3\u00a0%"]);
  expect([percent(0.1234), percent(null), milliseconds(2.345), milliseconds(1234.4), milliseconds(12_345)]).toEqual([
    "12.3\u00a0%",
    "–",
    "2.3\u00a0ms",
    "1,234\u00a0ms",
    "12.3\u00a0s",
  ]);
});

it("an axis of times has one unit", () => {
  expect([0, 2500, 7500, 10_000].map(timeAxis(9_999))).toEqual(["0\u00a0ms", "2,500\u00a0ms", "7,500\u00a0ms", "10,000\u00a0ms"]);
  expect([0, 2500, 7500, 10_000].map(timeAxis(10_000))).toEqual(["0\u00a0s", "2.5\u00a0s", "7.5\u00a0s", "10\u00a0s"]);
  expect([0, 0.25, 0.5].map(timeAxis(0.5))).toEqual(["0\u00a0ms", "0.25\u00a0ms", "0.5\u00a0ms"]);
});

describe("a name's colour", () => {
  const names = [..."abcdefghijkl"].map((one) => `model-${one}`);

  it("is the same in whatever company and order, and as long as there are enough no two share one", () => {
    const given: Given = new Map();
    const six = coloursOf("model", names.slice(0, 6), given);
    expect(new Set(six).size).toBe(6);
    expect(coloursOf("model", [...names.slice(0, 6)].reverse(), given)).toEqual([...six].reverse());
    const [, , third] = six;
    expect(coloursOf("model", ["model-z", names[2] ?? "", "model-y"], given)[1]).toBe(third);
    expect(coloursOf("model", [...names.slice(0, 3), ...names.slice(8, 11)], given).slice(0, 3)).toEqual(six.slice(0, 3));
    expect(coloursOf("model", names.slice(0, 6), new Map())).toEqual(six); // in another tab as well
  });

  it("is its own among those that are shown, however many were met before", () => {
    const given: Given = new Map();
    const many = Array.from({ length: 60 }, (_, at) => `user-${at}`);
    for (let at = 0; at + 6 <= many.length; at += 2) expect(new Set(coloursOf("user", many.slice(at, at + 6), given)).size).toBe(6);
    expect(new Set(coloursOf("user", ["user-1", "user-13", "user-25", "user-37", "user-49", "user-1"], given)).size).toBe(5);
  });
});

it("tells how long ago something was", () => {
  const now = Date.parse("2026-03-05T12:00:00Z");
  const told = ["12:00:03", "11:59:58", "11:59:20", "11:58:30", "09:30:00"].map((time) => ago(`2026-03-05T${time}Z`, now));
  expect(told).toEqual(["just now", "just now", "40 seconds ago", "1 minute ago", "2 hours ago"]);
});

describe("a receipt", () => {
  const line = (savings_usd: number) => ({ lever: "routing" as const, tokens_saved: 0, savings_usd });

  it("adds up in nano-dollars, whatever floating point says", () => {
    expect(sumsUp({ baseline_cost_usd: 0.3, cost_usd: 0.000000001, lines: [line(0.1), line(0.2), line(-0.000000001)] })).toBe(true);
  });

  it("is found out where it does not", () => {
    expect(sumsUp({ baseline_cost_usd: 0.3, cost_usd: 0.1, lines: [line(0.199999999)] })).toBe(false);
    expect(sumsUp({ baseline_cost_usd: null, cost_usd: 0.1, lines: [] })).toBe(false);
  });
});

describe("server-sent events", () => {
  it("are whole however they are cut", () => {
    const text = ": here you are\n\nevent: request\nid: 1\ndata: {\"id\":1}\n\nevent: missed\ndata: {}\n\n";
    for (let at = 0; at <= text.length; at += 1) {
      const reader = new EventReader();
      const found = [...reader.read(text.slice(0, at)), ...reader.read(text.slice(at))];
      expect(found).toEqual([
        { event: "request", data: '{"id":1}' },
        { event: "missed", data: "{}" },
      ]);
    }
  });
});

describe("what was pasted", () => {
  it("is a request, its messages, or a prompt", () => {
    const messages = [{ role: "user", content: "Hi" }];
    expect(messagesOf(JSON.stringify({ model: "gpt-4o", messages }))).toEqual({ model: "gpt-4o", messages });
    expect(messagesOf(JSON.stringify(messages))).toEqual({ messages });
    for (const text of ["Hello", "[1, 2]", "{}", "[]", '"quoted"']) {
      expect(messagesOf(text)).toEqual({ messages: [{ role: "user", content: text }] });
    }
  });
});

it("the chart shows intervals without requests as nothing, up to now", () => {
  const point = (time: string) => ({ time, requests: 1, cost_usd: 2, baseline_cost_usd: 3, savings_usd: 1, tokens_saved: 0 });
  const data = filled([point("2026-03-02T00:00:00Z"), point("2026-03-04T00:00:00Z")], "day", 4, Date.parse("2026-03-05T12:00:00Z"));
  expect(data.map(({ time, spent, partial }) => [new Date(time).getUTCDate(), spent, partial])).toEqual([
    [1, 0, true],
    [2, 2, false],
    [3, 0, false],
    [4, 2, false],
    [5, 0, true],
  ]);
});

describe("the client", () => {
  it("fills addresses in, and leaves out what was not asked", () => {
    expect(address("/api/requests/{request_id}", { path: { request_id: "a/b" } })).toBe("/api/requests/a%2Fb");
    expect(address("/api/requests", { query: { model: undefined, cache_hit: false, limit: 5 } })).toBe("/api/requests?cache_hit=false&limit=5");
  });

  it("sends the token, and ends a session that counts no longer", async () => {
    session.begin("abc");
    const asked = play({ "GET /api/auth/me": { status: 401, body: { detail: "Sign in again." } } });
    await expect(call("get", "/api/auth/me")).rejects.toThrow("Sign in again.");
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer abc");
    expect(session.token()).toBeNull();
  });

  it("tells which fields are to blame, and makes a sentence where the answer has none", async () => {
    play({ "GET /api/auth/me": { status: 400, body: { detail: "No.", errors: [{ field: "email", message: "is taken" }] } }, "GET /api/org": { status: 502 } });
    await expect(call("get", "/api/auth/me")).rejects.toMatchObject({ status: 400, fields: { email: "is taken" } });
    await expect(call("get", "/api/org")).rejects.toBeInstanceOf(ApiError);
    await expect(call("get", "/api/org")).rejects.toThrow("Promptly answered 502");
  });
});
