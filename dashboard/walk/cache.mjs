// A question gets another one's answer; somebody says that this was wrong.
import assert from "node:assert/strict";
import { api, ask, open, shoot, until } from "./tools.mjs";

const STORED = "What's the population of Canada?";
const ASKED = "What is Canada's population?";

export async function aWrongAnswerIsTakenBack(page, key) {
  const held = async () => (await api(page, "GET", "/api/optimization/cache/stats")).total_entries;
  const before = await held();
  assert.equal(await ask(key, STORED), "miss");
  await until("the answer is kept", async () => (await held()) > before);
  assert.equal(await ask(key, ASKED), "hit");
  await until("the hit is logged", async () => (await api(page, "GET", "/api/optimization/cache/hits")).hits.length > 0);

  await open(page, "Cache");
  const row = page.getByRole("region", { name: "Semantic hits" }).locator("tbody tr");
  await row.waitFor();
  await shoot(page, "cache-hit");
  await row.getByRole("link").first().click();
  await page.getByText("cached · semantic").waitFor();
  await page.getByRole("button", { name: "This answer was wrong" }).waitFor();
  await page.goBack();
  await row.getByRole("button", { name: /^Wrong/ }).click();
  await row.getByText("Taken back; 1 pair of questions kept apart.").waitFor();
  await shoot(page, "cache-wrong");
  await row.getByRole("link").last().click();
  await page.getByRole("heading", { name: "Request", exact: true }).waitFor();
  assert.equal(await ask(key, ASKED), "miss");

  await open(page, "Cache");
  const panel = page.getByRole("region", { name: "What it holds" });
  await until("the new answer is kept", async () => (await held()) > 0);
  await panel.getByRole("button", { name: "Clear the cache" }).click();
  const dialog = page.getByRole("dialog");
  assert.match(await dialog.innerText(), /\d+ answers? (is|are) forgotten/);
  await shoot(page, "cache-clear");
  await dialog.getByRole("button", { name: "Clear" }).click();
  await panel.getByText(/^\d+ answers? forgotten\.$/).waitFor();
  await panel.getByText(/^Nothing: /).waitFor();
  assert.equal(await held(), 0);
  assert.equal(await ask(key, ASKED), "miss");
}
