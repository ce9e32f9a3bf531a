import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Optimization from "../src/pages/Optimization";
import { play } from "./api";
import { show } from "./show";

const SETTINGS = { level: "moderate", cache_similarity_threshold: 0.95, cache_ttl_seconds: 60, cache_enabled: true };
const step = (name: string, outcome: string, reason = "", message: number | null = null) => ({ step: name, lever: "compression", outcome, tokens_saved: 0, message, reason });
const preview = (role: string) => ({
  model: "gpt-4o", level: "moderate", original_tokens: 40, optimized_tokens: 40, tokens_saved: 0, exact_tokens: true, cost_before_usd: 0.1, cost_after_usd: 0.1, savings_usd: 0,
  levers: [], parts: [], left_out: {}, messages: [],
  diff: [{ role, change: "kept", text: [{ op: "kept", text: "Please note that it is so." }] }],
  steps: [step("phrases", "nothing_found"), step("articles", "off"), step("marks", "gated", "no line was recognized as English", 0)],
});

it("where nothing was cut, each step says why, and whether it looks at such a message at all", async () => {
  let role = "user";
  const asked = play({ "GET /api/optimization/settings": { body: SETTINGS }, "POST /api/optimization/preview": () => ({ body: preview(role) }) });
  show(<Optimization />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText(/^Prompt or request/), "Please note that it is so.");
  await user.selectOptions(screen.getByLabelText("A pasted text is"), "user");
  await user.click(screen.getByRole("button", { name: "Show what would be sent" }));
  const reasons = async (): Promise<(string | null)[]> => within(await screen.findByTestId("preview")).getAllByRole("listitem").map((one) => one.textContent);
  expect(await reasons()).toEqual([
    "Wordy phrases and fillers: looks at instructions alone, and this request has none: what users say keeps its words",
    "Articles: off at the level moderate, or by its switch in the settings",
    "Decoration: message 1: no line was recognized as English",
  ]);
  expect(screen.getByText("Why nothing was cut, step by step").closest("details")?.open).toBe(true);
  role = "system";
  await user.selectOptions(screen.getByLabelText("A pasted text is"), "system");
  await user.click(screen.getByRole("button", { name: "Show what would be sent" }));
  expect(await screen.findByText(/no phrase that is sure to mean the same/)).toBeTruthy();
  const sent = asked.filter((one) => one.route.startsWith("POST")).map((one) => (one.body as { messages: { role: string }[] }).messages[0]?.role);
  expect(sent).toEqual(["user", "system"]);
});

it("what is said of instructions holds at every level", async () => {
  play({ "GET /api/optimization/settings": { body: SETTINGS } });
  show(<Optimization />);
  expect(await screen.findByText("Fillers and decoration from moderate on, articles on aggressive; never what users say")).toBeTruthy();
});
