import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Cache from "../src/pages/Cache";
import { span } from "../src/ui/format";
import { type Answers, play } from "./api";
import { show } from "./show";

const ENTRY = "0199b1f0-0000-7000-8000-000000000001";
const HIT = {
  request_id: "req_00000000000000000000000000abcdef",
  source_request_id: "req_00000000000000000000000000123456",
  entry_id: ENTRY,
  similarity: 0.97251,
  model: "gpt-4o",
  time: "2026-01-01T00:00:00Z",
  savings_usd: 0.000123456,
};
const FIGURES: Answers = {
  "GET /api/analytics/overview": { body: { cache: { exact_hits: 12, semantic_hits: 3, hit_rate: 0.25 } } },
  "GET /api/analytics/levers": { body: { levers: [{ lever: "caching", requests: 15, tokens_saved: 0, savings_usd: 0.0123, share: 1 }], total_usd: 0.0123 } },
  "GET /api/optimization/cache/stats": { body: { exact_entries: 3, semantic_entries: 4, total_entries: 7 } },
  "GET /api/optimization/settings": { body: { cache_enabled: true, cache_similarity_threshold: 0.95, cache_ttl_seconds: 3600 } },
  "GET /api/optimization/cache/hits": { body: { hits: [HIT, { ...HIT, request_id: "req_000000000000000000000000000fedcb", similarity: 0.96, entry_id: null, source_request_id: null }], next_cursor: null } },
};

it("shows what the cache holds and brings, and which answers were given to other words", async () => {
  play(FIGURES);
  show(<Cache />);
  expect(await screen.findByText("25.0 %")).toBeTruthy();
  expect(await screen.findByText("$0.0123")).toBeTruthy();
  expect((await screen.findByText("7 answers")).parentElement?.textContent).toContain("3 for the same request only, 4 for the same question in other words too.");
  expect(await screen.findByText(/An answer is kept for 1 hour; other words get it from a similarity of 0.95 on/)).toBeTruthy();
  const row = (await screen.findByText("0.9725")).closest("tr");
  expect(within(row as HTMLElement).getAllByRole("link").map((one) => one.getAttribute("href"))).toEqual([`/requests/${HIT.request_id}`, `/requests/${HIT.source_request_id}`]);
});

it("a wrong answer is taken back, wherever it is shown; a hit without its entry has no button", async () => {
  let known = false;
  const again = { ...HIT, request_id: "req_0000000000000000000000000000beef" };
  const asked = play({
    ...FIGURES,
    "GET /api/optimization/cache/hits": { body: { hits: [HIT, again, { ...HIT, request_id: "req_000000000000000000000000000fedcb", entry_id: null }], next_cursor: null } },
    "POST /api/optimization/cache/feedback": () =>
      known ? { body: { entry_id: ENTRY, evicted: true, blocked_pairs: 2 } } : { status: 404, body: { detail: "There is no such entry in your organization's cache." } },
  });
  show(<Cache />, "member");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Wrong: req_…abcdef" }));
  expect(await screen.findByText("There is no such entry in your organization's cache.")).toBeTruthy();
  known = true;
  expect(screen.getAllByRole("button", { name: /^Wrong/ })).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Wrong: req_…abcdef" }));
  expect(await screen.findAllByText("Taken back; 2 pairs of questions kept apart.")).toHaveLength(2);
  expect(document.activeElement?.textContent).toBe("Taken back; 2 pairs of questions kept apart.");
  expect(screen.queryByRole("button", { name: /^Wrong/ })).toBeNull();
  expect(asked.filter((one) => one.route.startsWith("POST")).map((one) => one.body)).toEqual(Array(2).fill({ entry_id: ENTRY, wrong: true }));
  expect(screen.queryByRole("button", { name: /Clear/ })).toBeNull();
});

it("clearing asks first, says how many, and what went", async () => {
  let held = 7;
  const asked = play({
    ...FIGURES,
    "GET /api/optimization/cache/stats": () => ({ body: { exact_entries: 0, semantic_entries: held, total_entries: held } }),
    "POST /api/optimization/cache/clear": () => {
      held = 0;
      return { body: { cleared: 7 } };
    },
  });
  show(<Cache />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Clear the cache" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog.textContent).toContain("7 answers are forgotten.");
  expect(asked.some((one) => one.route.startsWith("POST"))).toBe(false);
  await user.click(within(dialog).getByRole("button", { name: "Clear" }));
  expect(await screen.findByText("7 answers forgotten.")).toBeTruthy();
  expect(await screen.findByText(/^Nothing: the next answers/)).toBeTruthy();
});

it("older hits are asked for by the cursor", async () => {
  let page = 0;
  const asked = play({
    ...FIGURES,
    "GET /api/optimization/cache/hits": () => {
      page += 1;
      return { body: page === 1 ? { hits: [HIT], next_cursor: "c1" } : { hits: [{ ...HIT, request_id: "req_0000000000000000000000000000beef", similarity: 0.96 }], next_cursor: null } };
    },
  });
  show(<Cache />);
  await userEvent.click(await screen.findByRole("button", { name: "Older hits" }));
  expect(await screen.findByText("0.9600")).toBeTruthy();
  expect(asked.filter((one) => one.route.endsWith("/hits")).map((one) => one.query)).toEqual(["limit=50", "limit=50&cursor=c1"]);
  await waitFor(() => expect(screen.queryByRole("button", { name: "Older hits" })).toBeNull());
});

it("a viewer sees it all and changes nothing; figures that cannot be read do not hide the rest", async () => {
  play({ ...FIGURES, "GET /api/analytics/overview": { status: 400, body: { detail: "Figures are away." } } });
  show(<Cache />, "viewer");
  expect(await screen.findByText("Figures are away.")).toBeTruthy();
  expect(await screen.findByText("0.9725")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Wrong|Clear/ })).toBeNull();
});

it("an empty cache says what to do", async () => {
  play({
    ...FIGURES,
    "GET /api/optimization/cache/stats": { body: { exact_entries: 0, semantic_entries: 0, total_entries: 0 } },
    "GET /api/optimization/cache/hits": { body: { hits: [], next_cursor: null } },
    "GET /api/optimization/settings": { body: { cache_enabled: false, cache_similarity_threshold: 0.95, cache_ttl_seconds: 3600 } },
  });
  show(<Cache />);
  expect(await screen.findByText("No semantic hits yet")).toBeTruthy();
  expect(await screen.findByText(/The cache is switched off/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Clear/ })).toBeNull();
});

it("seconds are told in the largest unit that keeps them whole", () => {
  expect([90, 60, 3600, 7200, 86_400, 5400, 0].map(span)).toEqual(["90 seconds", "1 minute", "1 hour", "2 hours", "1 day", "90 minutes", "0 seconds"]);
});
