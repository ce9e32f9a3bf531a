// An organization at work, for pictures and measurements.
import { api, ask, until, url } from "./tools.mjs";

// A support bot's instructions, as wordy as they are.
const POLITE =
  "You are a helpful assistant for the customers of Northwind, a shop for outdoor clothing.   Please note that it is important to " +
  "answer in English.\n\n\n\nIn order to be helpful, keep the answers short. Due to the fact that many customers write from a phone, " +
  "make use of short sentences, and in the event that a question is about an order, ask for the number of the order.\n\nThe answers " +
  "are read by people who are in a hurry. The tone of the answers is friendly, and the name of the customer is used once.";
export const PASTED = { model: "gpt-4o", messages: [{ role: "system", content: POLITE }, { role: "user", content: "Where is my order?" }] };
const ASKED = ["What's the population of Canada?", "What is Canada's population?", "How do I wash a down jacket?", "Which tent suits two people?"];

const TURNS = ["Which rain jacket is light enough for running?", "Is it warm, too?", "And which colours are there?"];
const SESSION = "northwind-1";

/** A conversation of one session. */
async function talk(key) {
  const messages = [...PASTED.messages.slice(0, 1)];
  for (const content of TURNS) {
    messages.push({ role: "user", content });
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-session-id": SESSION, "x-promptly-cache": "off" },
      body: JSON.stringify({ model: "gpt-4o", messages }),
    });
    messages.push((await answer.json()).choices[0].message);
  }
}

/** What an organization has after a month: rules, alerts, people, and a few requests of this minute. */
export async function settle(page, key) {
  const rules = [
    ["Invoices stay exact", "keyword", { keywords: ["invoice", "VAT"] }, "use_model", "gpt-4o"],
    ["Long ones", "token_count", { operator: "gt", value: 8000 }, "force_tier", "complex"],
    ["Greetings", "keyword", { keywords: ["hello", "good morning"] }, "force_tier", "simple"],
  ];
  for (const [at, [name, condition_type, condition_value, action, action_value]] of rules.entries()) {
    await api(page, "POST", "/api/routing/rules", { name, condition_type, condition_value, action, action_value, priority: 30 - 10 * at });
  }
  const aliases = { fast: { models: [{ model: "gpt-4o-mini", weight: 9 }, { model: "gpt-4o", weight: 1 }], fallbacks: ["gpt-4o"] } };
  await api(page, "PUT", "/api/routing/aliases", { aliases });
  for (const [name, metric, operator, threshold] of [["Spend of the day", "daily_spend", "gt", 0.0001], ["Slow answers", "latency_p95", "gt", 8000], ["Errors", "error_rate", "gte", 5]]) {
    await api(page, "POST", "/api/alerts/rules", { name, metric, operator, threshold, channels: ["email"], window_minutes: 60, cooldown_minutes: 60 });
  }
  for (const name of ["Checkout", "Support bot"]) {
    await api(page, "POST", "/api/keys/platform", { name, scopes: ["chat"], rpm: 500, expires_at: null, monthly_budget_usd: 250 });
  }
  for (const [email, role] of [["grace@northwind.example", "member"], ["finance@northwind.example", "viewer"]]) {
    await api(page, "POST", "/api/team/invite", { email, role });
  }
  const [first] = (await api(page, "GET", "/api/keys/platform")).keys;
  for (const name of ["Search", "Support"]) await api(page, "POST", "/api/teams", { name });
  await api(page, "PATCH", `/api/keys/platform/${first.id}`, { team: "Search" });
  for (const budget of [
    { name: "Search team", subject: "team", value: "Search", period: "month", limit_usd: 0.01, on_exceed: "alert" },
    { name: "Each user", subject: "user", period: "day", limit_usd: 5, on_exceed: "route_simple" },
    { name: "Default key", subject: "key", value: first.id, period: "month", limit_usd: 250, on_exceed: "block" },
  ])
    await api(page, "POST", "/api/budgets", budget);
  await api(page, "PUT", "/api/optimization/settings", { capture: "all" });
  for (const question of ASKED) await ask(key, question);
  await talk(key);
  await ask(key, "Where is my order?", { messages: PASTED.messages });
  await ask(key, ASKED[0]);
  await until("what was asked is captured", async () => {
    await ask(key, "How do I wash a down jacket, once more?");
    return (await api(page, "GET", "/api/captures?days=7")).captures.length > 1;
  });
  await until("the alert has fired", async () => (await api(page, "GET", "/api/alerts/events")).events.length > 0);
  await until("the hit is logged", async () => (await api(page, "GET", "/api/optimization/cache/hits")).hits.length > 0);
}
