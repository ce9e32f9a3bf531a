// Ctrl+K, from a field, by its button, and on a phone.
import assert from "node:assert/strict";
import { accessible, api, onPhone, shoot, url } from "./tools.mjs";

export async function thePalette(page) {
  await page.goto(`${url}/requests`);
  const id = page.getByLabel("Request's id");
  await id.click();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search or go to" });
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "combobox");
  await accessible(page, "the palette");
  await shoot(page, "palette");
  await onPhone(page, "palette");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, "Request's id");
  // By its button and by what is typed: one request, those of an id's beginning, a page.
  const [entry] = (await api(page, "GET", "/api/requests?limit=1")).requests;
  const search = page.getByRole("button", { name: "Search or go to" });
  await search.click();
  await field.fill(entry.id);
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "What happened" }).getByText(entry.id).first().waitFor();
  await page.keyboard.press("Control+k");
  await field.fill(entry.id.slice(0, 18)); // its whole millisecond, and more
  await page.keyboard.press("Enter");
  await page.locator(`tbody a[href="/requests/${entry.id}"]`).waitFor();
  await page.keyboard.press("Control+k");
  await field.fill("dark");
  await accessible(page, "the palette, narrowed");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === "dark");
  await page.keyboard.press("Control+k");
  await page.keyboard.press("ArrowDown");
  await accessible(page, "the palette in the dark");
  await shoot(page, "palette-dark");
  await field.fill("light");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === "light");
  await page.keyboard.press("Control+k");
  await field.fill("team");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Team", level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
}
