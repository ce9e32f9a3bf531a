import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { moved } from "../src/pages/routing/order";
import Routing from "../src/pages/Routing";
import { requestOf } from "../src/ui/pasted";
import { ruleSentence, whySentence } from "../src/ui/routing";
import { PROVIDERS, type Answers, play } from "./api";
import { show } from "./show";

const DEFAULTS = { openai: { simple: "gpt-4o-mini", medium: "gpt-4o", complex: "gpt-4o" } };
const CONFIG = { routing_mode: "auto", tiers: { openai: { ...DEFAULTS.openai, simple: "gpt-4.1-nano" } }, default_tiers: DEFAULTS };
const SETTINGS = { level: "moderate", routing_mode: "auto", cost_quality: null, substitute_unreachable: false, rules_in_manual: false, older_generations: false };
const rule = (id: string, more = {}) => ({
  id: `rule_${id}`,
  name: `Rule ${id}`,
  condition_type: "keyword",
  condition_value: { keywords: ["invoice"] },
  action: "use_model",
  action_value: "gpt-4o",
  priority: 0,
  created_at: "2026-01-01T00:00:00Z",
  ...more,
});
const RULES = [rule("a"), rule("b"), rule("c")];

function playing(more: Answers = {}) {
  return play({
    "GET /api/routing/config": { body: CONFIG },
    "GET /api/routing/rules": { body: { rules: RULES } },
    "GET /api/routing/aliases": { body: { aliases: {} } },
    "GET /api/optimization/settings": { body: SETTINGS },
    "GET /api/keys/providers": { body: { keys: [{ provider: "openai", models: [] }], providers: PROVIDERS } },
    ...more,
  });
}

const names = () => within(screen.getByRole("list", { name: /Rules/ })).getAllByText(/^Rule /).map((one) => one.textContent);

describe("a rule as a sentence", () => {
  it.each([
    [rule("a"), "If the prompt holds “invoice”: use gpt-4o"],
    [rule("a", { condition_value: { keywords: ["a", "b", "c"] } }), "If the prompt holds “a”, “b” or “c”: use gpt-4o"],
    [rule("a", { condition_value: { keywords: [..."abcdefgh"] } }), "If the prompt holds “a”, “b”, “c”, “d”, “e” or 3 others: use gpt-4o"],
    [rule("a", { condition_type: "token_count", condition_value: { operator: "gte", value: 1000 } }), "If the prompt has at least 1,000 tokens: use gpt-4o"],
    [rule("a", { condition_type: "always", condition_value: {}, action: "force_tier", action_value: "simple" }), "Always: use the simple tier"],
  ])("%#", (one, said) => expect(ruleSentence(one as Parameters<typeof ruleSentence>[0])).toBe(said));

  it("and the reason as another", () => {
    expect(whySentence("not_reachable", true)).toMatch(/stays/);
    expect(whySentence("not_reachable", false)).toMatch(/stands in/);
    expect(whySentence("something_new", true)).toBe("something new");
  });
});

it("a list's entry moves to any place", () => {
  expect([moved([1, 2, 3], 0, 2), moved([1, 2, 3], 2, 0), moved([1, 2, 3], 1, 1)]).toEqual([[2, 3, 1], [3, 1, 2], [1, 2, 3]]);
});

it("a pasted request keeps what bears on where it can go", () => {
  const messages = [{ role: "user", content: "Hi" }];
  const plain = { n: null, tools: null, functions: null, response_format: null, max_tokens: null, max_completion_tokens: null };
  expect(requestOf("Hi", "m")).toEqual({ ...plain, model: "m", messages });
  expect(requestOf(JSON.stringify(messages), "m")).toEqual({ ...plain, model: "m", messages });
  expect(requestOf(JSON.stringify({ model: "o", messages, tools: [{}], temperature: 1 }), "m")).toEqual({ ...plain, model: "o", messages, tools: [{}] });
});

it("a rule is made of what was typed, behind all others", async () => {
  const asked = playing({ "POST /api/routing/rules": { status: 201, body: rule("d") } });
  show(<Routing />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  const form = screen.getByRole("form", { name: "New rule" });
  await user.type(within(form).getByLabelText(/^Name/), "Bills");
  await user.type(within(form).getByRole("combobox", { name: /^Model/ }), "gpt-4o");
  await user.click(within(form).getByRole("button", { name: "Make the rule" }));
  expect(asked.some((one) => one.route.startsWith("POST"))).toBe(false); // the browser asks for a word
  await user.type(within(form).getByRole("combobox", { name: /^One of these words/ }), "invoice{Enter}bill of sale");
  await user.click(within(form).getByRole("button", { name: "Make the rule" }));
  await waitFor(() => expect(asked.some((one) => one.route === "POST /api/routing/rules")).toBe(true));
  expect(asked.find((one) => one.route.startsWith("POST"))?.body).toEqual({
    name: "Bills",
    condition_type: "keyword",
    condition_value: { keywords: ["invoice", "bill of sale"] },
    action: "use_model",
    action_value: "gpt-4o",
    priority: 0,
  });
});

it("a rule that is changed keeps its priority, and what is wrong is told where it is", async () => {
  const said = "condition_value does not fit token_count.";
  const asked = playing({ "PUT /api/routing/rules/rule_a": { status: 400, body: { detail: said, errors: [{ field: "condition_value", message: "is too much" }] } } });
  show(<Routing />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit Rule a" }));
  const form = screen.getByRole("form", { name: "Edit Rule a" });
  await user.selectOptions(within(form).getByLabelText("If"), "token_count");
  await user.selectOptions(within(form).getByLabelText("Compared"), "lte");
  await user.selectOptions(within(form).getByLabelText("Then"), "force_tier");
  await user.click(within(form).getByRole("button", { name: "Save the rule" }));
  expect((await within(form).findByRole("alert")).textContent).toContain(said);
  expect(within(form).getByText("is too much")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({
    name: "Rule a",
    condition_type: "token_count",
    condition_value: { operator: "lte", value: 1000 },
    action: "force_tier",
    action_value: "simple",
    priority: null,
  });
});

it("rules move with the keyboard, and the focus goes with them", async () => {
  const asked = playing({ "PUT /api/routing/rules/order": () => ({ body: { rules: ["b", "a", "c"].map((id) => rule(id)) } }) });
  show(<Routing />);
  const user = userEvent.setup();
  (await screen.findByRole("button", { name: "Move Rule b up" })).focus();
  await user.keyboard("{Enter}");
  expect(await screen.findByText("Rule b is now number 1 of 3.")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ rule_ids: ["rule_b", "rule_a", "rule_c"] });
  expect(names()).toEqual(["Rule b", "Rule a", "Rule c"]);
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Move Rule b down"); // it cannot go further up
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Move Rule c down" }).disabled).toBe(true);
});

it("an order that was not taken is told, and the rules are as they are", async () => {
  const asked = playing({ "PUT /api/routing/rules/order": { status: 409, body: { detail: "These are not the rules that there are now." } } });
  show(<Routing />);
  await userEvent.click(await screen.findByRole("button", { name: "Move Rule a down" }));
  expect(await screen.findByText("These are not the rules that there are now.")).toBeTruthy();
  expect(names()).toEqual(["Rule a", "Rule b", "Rule c"]);
  await waitFor(() => expect(asked.filter((one) => one.route === "GET /api/routing/rules")).toHaveLength(2));
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Move Rule a down");
});

it("the mode and the dial are saved one by one", async () => {
  const asked = playing({
    "PUT /api/routing/config": { body: { ...CONFIG, routing_mode: "shadow" } },
    "PUT /api/optimization/settings": { body: { ...SETTINGS, cost_quality: 0.55 } },
  });
  show(<Routing />);
  const user = userEvent.setup();
  await user.click(await screen.findByText("Shadow"));
  await user.click(screen.getByRole("button", { name: "Save the mode" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/routing/config")?.body).toEqual({ routing_mode: "shadow", tiers: {} }));
  (await screen.findByRole("slider")).focus();
  await user.keyboard("{ArrowRight}");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/optimization/settings")?.body).toEqual({ cost_quality: 0.55 }));
  expect(await screen.findByText("55 of 100: stronger than shipped")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Use the default" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked.filter((one) => one.route === "PUT /api/optimization/settings").at(-1)?.body).toEqual({ cost_quality: null }));
});

it("tiers: what was changed is sent, and the defaults come back", async () => {
  const asked = playing({ "PUT /api/routing/config": { status: 400, body: { detail: "No." } } });
  show(<Routing />);
  const user = userEvent.setup();
  const form = await screen.findByRole("form", { name: "Tiers of OpenAI" });
  expect(within(form).getByText("changed: simple")).toBeTruthy();
  await user.clear(within(form).getByRole("combobox", { name: /^complex/ }));
  await user.type(within(form).getByRole("combobox", { name: /^complex/ }), "o3");
  await user.click(within(form).getByRole("button", { name: "Save the tiers of OpenAI" }));
  expect((await within(form).findByRole("alert")).textContent).toContain("No.");
  await user.click(within(form).getByRole("button", { name: "Use the defaults for OpenAI" }));
  await waitFor(() => expect(asked.filter((one) => one.route.startsWith("PUT"))).toHaveLength(2));
  expect(asked.filter((one) => one.route.startsWith("PUT")).map((one) => one.body)).toEqual([
    { routing_mode: null, tiers: { openai: { complex: "o3" } } },
    { routing_mode: null, tiers: { openai: null } },
  ]);
});

it("a viewer sees all of it, may preview, and changes nothing", async () => {
  const route = { model: "gpt-4o-mini", provider: "openai", tier: "simple", score: 0.08, reason: "rule", rule: { id: "rule_a", name: "Bills" }, signals: ["short_question"], skipped_rules: ["Away"], shadow_model: null };
  const asked = playing({ "POST /api/routing/preview": { body: route } });
  show(<Routing />, "viewer");
  expect(await screen.findByText("Rule a")).toBeTruthy();
  expect(await screen.findByText("Admins change these")).toBeTruthy();
  await screen.findByRole("form", { name: "Tiers of OpenAI" });
  await userEvent.type(screen.getByLabelText(/^Prompt or request/), "Who was Ada?");
  await userEvent.click(screen.getByRole("button", { name: "Show where it would go" }));
  const result = await screen.findByTestId("route");
  for (const said of ["The rule “Bills” decided.", "simple", "0.08 (0 is easy, 1 is hard)", "short question", "Away"]) expect(within(result).getByText(said)).toBeTruthy();
  expect(asked.filter((one) => one.route.startsWith("POST ")).at(-1)?.body).toMatchObject({ model: "gpt-4o", messages: [{ role: "user", content: "Who was Ada?" }] });
  for (const name of [/Save/, /New rule/, /Edit/, /Delete/, /Move/, /default/]) expect(screen.queryByRole("button", { name })).toBeNull();
});

it("without rules it says what they are for", async () => {
  playing({ "GET /api/routing/rules": { body: { rules: [] } } });
  show(<Routing />);
  expect(await screen.findByText("No rules yet")).toBeTruthy();
});
