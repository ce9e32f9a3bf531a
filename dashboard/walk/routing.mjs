// Routing, and the log's stretches of time and its file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { accessible, api, ask, onPhone, open, shoot, until, url } from "./tools.mjs";

const rules = (page) => page.getByRole("list", { name: /^Rules/ }).getByRole("listitem");

/** A keyword rule, made in the page; the request that holds the word is decided by it. */
export async function ruleDecides(page, key) {
  await open(page, "Routing");
  await page.getByText("No rules yet").waitFor();
  await page.getByRole("button", { name: "New rule" }).click();
  const form = page.getByRole("form", { name: "New rule" });
  await form.getByLabel(/^Name/).fill("Invoices");
  const words = form.getByRole("combobox", { name: /^One of these words/ });
  await words.fill("invoice");
  await words.press("Enter");
  await form.getByRole("combobox", { name: /^Model/ }).fill("gpt-4o-mini");
  await accessible(page, "a new rule");
  await shoot(page, "rule-new");
  await form.getByRole("button", { name: "Make the rule" }).click();
  await page.getByText("If the prompt holds “invoice”: use gpt-4o-mini").waitFor();
  await ask(key, "Which date stands on the invoice of the tent makers of Lisbon?");
  await until("the request is logged", async () => (await api(page, "GET", "/api/requests?limit=1")).requests[0].routing_reason === "rule");
  await page.goto(`${url}/requests`); // the list as it is now
  await page.getByRole("region", { name: "Log" }).locator("tbody tr").first().getByText("→ gpt-4o-mini").waitFor();
  await page.getByRole("region", { name: "Log" }).locator("tbody tr").first().getByRole("link").click();
  await page.getByText("A rule decided.").waitFor();
  await page.getByRole("link", { name: "Invoices" }).waitFor();
  const trace = await page.getByRole("link", { name: /\(in a new tab\)/ }).getAttribute("href");
  assert.match(trace.replace(process.env.PROMPTLY_TRACES, ""), /^\/trace\/[0-9a-f]{32}$/);
  await shoot(page, "request-ruled");
  await page.getByRole("link", { name: "Invoices" }).click();
  await rules(page).first().waitFor();
}

export async function moveRules(page) {
  const body = (name, more) => ({ name, condition_type: "keyword", condition_value: { keywords: [name] }, action: "force_tier", action_value: "simple", ...more });
  await api(page, "POST", "/api/routing/rules", body("Letters"));
  await api(page, "POST", "/api/routing/rules", body("Long ones", { condition_type: "token_count", condition_value: { operator: "gt", value: 2000 }, action_value: "complex" }));
  await page.reload();
  await rules(page).nth(2).waitFor();
  await page.getByRole("button", { name: "Edit Letters" }).click();
  await accessible(page, "a rule that is changed");
  await page.getByRole("button", { name: "Close Letters" }).click();
  await page.getByRole("button", { name: "Move Letters up" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Letters is now number 1 of 3.").waitFor();
  assert.deepEqual(await order(page), ["Letters", "Invoices", "Long ones"]);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Move Letters down");

  const grip = (at) => rules(page).nth(at).locator(".grip");
  await grip(0).scrollIntoViewIfNeeded();
  const [from, to] = [await grip(0).boundingBox(), await rules(page).nth(2).boundingBox()];
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, (from.y + to.y) / 2, { steps: 4 });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  assert.deepEqual(await order(page), ["Letters", "Invoices", "Long ones"]);
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, to.y + to.height - 4, { steps: 8 });
  await shoot(page, "rule-dragged");
  await page.mouse.up();
  await page.getByText("Letters is now number 3 of 3.").waitFor();
  assert.deepEqual(await order(page), ["Invoices", "Long ones", "Letters"]);
}

/** The order on the page, which has to be the API's. */
async function order(page) {
  const { rules: kept } = await api(page, "GET", "/api/routing/rules");
  const names = kept.map((rule) => rule.name);
  for (const [at, name] of names.entries()) await rules(page).nth(at).getByText(name, { exact: true }).waitFor();
  return names;
}

export async function previewRoute(page) {
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByLabel("Prompt or request").fill("What is the total of this invoice?");
  await preview.getByRole("button", { name: "Show where it would go" }).click();
  await preview.getByText("The rule “Invoices” decided.").waitFor();
  await accessible(page, "where a request would go");
  await preview.scrollIntoViewIfNeeded();
  await shoot(page, "route-preview");
}

/** An alias is made, asked for, refused where it names another one, changed and deleted. */
export async function anAlias(page, key, complaints) {
  await open(page, "Routing");
  const panel = page.getByRole("region", { name: "Aliases" });
  await panel.getByText("No aliases yet").waitFor();
  await panel.getByRole("button", { name: "New alias" }).click();
  const form = panel.getByRole("form", { name: "New alias" });
  const make = async (name, model) => {
    await form.getByLabel(/^Name/).fill(name);
    await form.getByRole("combobox", { name: /^Model 1/ }).fill(model);
    await form.getByRole("button", { name: "Make the alias" }).click();
  };
  await form.getByRole("combobox", { name: /^Fallbacks/ }).fill("gpt-4o");
  await page.keyboard.press("Enter");
  await accessible(page, "a new alias");
  await onPhone(page, "new alias");
  await make("fast", "gpt-4o-mini");
  await panel.getByText("Stands for gpt-4o-mini").waitFor();
  await ask(key, "Which winds blow over the coast of Portugal in April?", { model: "fast" });
  await until("the alias is logged", async () => (await api(page, "GET", "/api/requests?limit=1")).requests[0].alias === "fast");

  await panel.getByRole("button", { name: "New alias" }).click();
  await make("slow", "fast");
  await panel.getByText("The alias slow names fast, which is an alias itself.").waitFor();
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes("a status of 400 "))); // the browser's own line
  await panel.getByRole("button", { name: "Close", exact: true }).click();

  await panel.getByRole("button", { name: "Edit fast" }).click();
  const edit = panel.getByRole("form", { name: "Edit fast" });
  await edit.getByRole("button", { name: "Add a model" }).click();
  await edit.getByRole("combobox", { name: /^Model 2/ }).fill("gpt-4o");
  await edit.getByLabel(/^Weight of model 2/).fill("3");
  await accessible(page, "an alias that is changed");
  await edit.getByRole("button", { name: "Save the alias" }).click();
  await panel.getByText("Of all conversations 25.0 % get gpt-4o-mini, 75.0 % get gpt-4o").waitFor();
  await shoot(page, "alias");
  await panel.getByRole("button", { name: "Delete fast" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await panel.getByText("No aliases yet").waitFor();
  assert.deepEqual(await api(page, "GET", "/api/routing/aliases"), { aliases: {} });
}

const rows = (page) => page.getByRole("region", { name: "Log" }).locator("tbody tr");

export async function narrowed(page) {
  await open(page, "Requests");
  await page.getByLabel("Time", { exact: true }).selectOption("1h");
  await page.getByText(/^Since /).waitFor();
  await rows(page).first().waitFor();
  await page.getByLabel("Time", { exact: true }).selectOption("custom");
  await rows(page).first().waitFor();
  await shoot(page, "requests-period");
  await page.getByLabel("To", { exact: true }).fill("2026-01-01T12:00");
  await page.getByLabel("From", { exact: true }).fill("2026-01-01T11:00");
  await page.getByLabel("From", { exact: true }).press("Enter");
  await page.getByText("No request fits these filters").waitFor();
  const there = new URL(page.url()).searchParams;
  assert.equal(there.get("to"), await page.evaluate(() => new Date("2026-01-01T12:00").toISOString()));
  await page.reload();
  assert.equal(await page.getByLabel("From", { exact: true }).inputValue(), "2026-01-01T11:00");
  await page.getByRole("button", { name: "Clear" }).click();
  await rows(page).first().waitFor();
}

export async function exported(page) {
  await page.getByLabel("Cache", { exact: true }).selectOption("true");
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll("tbody tr")];
    return rows.length > 0 && rows.every((row) => row.textContent.includes("cached"));
  });
  const shown = await rows(page).count();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const file = await coming;
  assert.match(file.suggestedFilename(), /^promptly-requests-\d{4}-\d\d-\d\d-\d{4}\.csv$/);
  const [header, ...entries] = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  assert.match(header, /^id,time,key_id,/);
  assert.equal(entries.length, shown);
  for (const entry of entries) assert.match(entry, /^req_[0-9a-f]{32},.*,(exact|semantic),/);
  await page.getByText(/^Saved as promptly-requests-/).waitFor();
}
