import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { session } from "../src/api/session";
import Playground from "../src/pages/Playground";
import { type Answers, play } from "./api";
import { show } from "./show";

const IDS = [1, 2, 3, 4].map((number) => `req_0198f3a2b1c${number}${"7".repeat(20)}`);
const ENTRY = {
  id: IDS[0], status: "success", error_code: null, cache: "miss", cache_hit: false, baseline_model: "gpt-4o", provider: "openai", served_model: "gpt-4o",
  original_tokens: 100, optimized_tokens: 80, output_tokens: 5, latency_ms: 700, tokens: { cache_read: 0 },
  baseline_cost_usd: 0.3, cost_usd: 0.2, optimizations: [{ lever: "whitespace", tokens_saved: 20, savings_usd: 0.1 }],
};
const KEY = { id: "key_9", api_key: "sk-promptly-once" };

function answers(more: Answers = {}) {
  let [asked, tried] = [0, 0];
  return play({
    "GET /api/routing/config": { body: { tiers: {} } },
    "GET /api/keys/providers": { body: { keys: [], providers: [] } },
    "POST /api/keys/platform": { status: 201, body: KEY },
    "DELETE /api/keys/platform/key_9": { status: 204 },
    "POST /api/optimization/preview": { body: { diff: [{ role: "user", change: "changed", text: [{ op: "removed", text: "please " }, { op: "kept", text: "go" }] }] } },
    "POST /v1/chat/completions": () => ({ body: { choices: [{ message: { content: `Answer ${(asked += 1)}` } }] }, headers: { "x-promptly-request-id": IDS[asked - 1] ?? "" } }),
    // The log is written after the answer.
    "GET /api/requests": () => ({ body: { requests: (tried += 1) === 1 ? [] : [ENTRY, { ...ENTRY, id: IDS[1], cost_usd: 0.3, optimizations: [] }], next_cursor: null } }),
    ...more,
  });
}

async function sent() {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText(/^Prompt or request/), "please go");
  await user.click(screen.getByRole("button", { name: "Send twice" }));
  return user;
}

it("sends a prompt with the levers and without, and shows both receipts and what was changed", async () => {
  session.begin("tok_1");
  const asked = answers();
  const { unmount } = show(<Playground />);
  screen.getByText(/Two real requests go to your provider, and your organization pays for both/);
  const user = await sent();
  const on = within(await screen.findByRole("region", { name: "Levers on" }));
  const off = within(screen.getByRole("region", { name: "Levers off" }));
  await on.findByText("Answer 1");
  await off.findByText("Answer 2");
  expect((await on.findByTestId("receipt")).textContent).toContain("Whitespace and JSON 20 tokens−$0.100000000Paid$0.200000000");
  expect((await off.findByTestId("receipt")).textContent).toContain("Paid$0.300000000");
  expect(on.getByRole("link", { name: "Look at this request" }).getAttribute("href")).toBe(`/requests/${IDS[0]}`);
  expect(screen.getByRole("region", { name: "What is changed in the prompt" }).textContent).toContain("please");
  const [one, other] = asked.filter((call) => call.route === "POST /v1/chat/completions");
  expect(one?.body).toEqual({ model: "gpt-4o", messages: [{ role: "user", content: "please go" }] });
  expect(one?.headers.get("authorization")).toBe("Bearer sk-promptly-once");
  expect(one?.headers.get("x-promptly-level")).toBeNull();
  expect(other?.headers.get("x-promptly-level")).toBe("off");
  expect(other?.headers.get("x-promptly-cache")).toBe("off");
  expect(other?.headers.get("x-promptly-routing")).toBe("manual");
  // Each is looked for where it has to be in the log.
  const looked = asked.filter((call) => call.route === "GET /api/requests").map((call) => new URLSearchParams(call.query));
  const [first] = looked;
  expect([Date.parse(first?.get("from") ?? ""), Date.parse(first?.get("to") ?? "")]).toEqual([0x0198f3a2b1c1, 0x0198f3a2b1c2]);
  // One key for all of a visit: it ends by itself, holds little, may only chat, and goes with the page.
  await user.click(screen.getByRole("button", { name: "Send twice" }));
  await screen.findByText("Answer 3");
  const made = asked.filter((call) => call.route === "POST /api/keys/platform");
  expect(made.map((call) => call.body)).toEqual([{ name: "Playground", scopes: ["chat"], rpm: 20, monthly_budget_usd: 10, team: null, expires_at: expect.any(String) as string }]);
  expect(Date.parse((made[0]?.body as { expires_at: string }).expires_at) - Date.now()).toBeLessThanOrEqual(15 * 60_000);
  expect(JSON.stringify([{ ...sessionStorage }, { ...localStorage }]) + document.body.innerHTML).not.toContain(KEY.api_key);
  unmount();
  await waitFor(() => expect(asked.map((call) => call.route)).toContain("DELETE /api/keys/platform/key_9"));
});

it("tells what was refused, on its side, and why no key was made", async () => {
  answers({ "POST /v1/chat/completions": { status: 502, body: { error: { message: "OpenAI rejected the connected key." } } } });
  const { unmount } = show(<Playground />);
  await sent();
  expect(await screen.findAllByText("OpenAI rejected the connected key.")).toHaveLength(2);
  expect(screen.queryByTestId("receipt")).toBeNull();
  unmount();
  let tries = 0;
  const asked = answers({ "POST /api/keys/platform": () => ((tries += 1) === 1 ? { status: 503, body: { detail: "Not now." } } : { status: 201, body: KEY }) });
  const again = show(<Playground />);
  const user = await sent();
  await screen.findByText("Not now.");
  expect(asked.filter((call) => call.route.startsWith("POST /v1"))).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Send twice" }));
  await screen.findByText("Answer 1");
  again.unmount();
  await waitFor(() => expect(asked.at(-1)?.route).toBe("DELETE /api/keys/platform/key_9"));
});

it("is not for viewers", () => {
  const asked = answers();
  show(<Playground />, "viewer");
  screen.getByText("Your role may not send requests");
  expect(screen.queryByRole("button")).toBeNull();
  expect(asked).toEqual([]);
});
