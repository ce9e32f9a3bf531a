// Three questions that somebody brings to the dashboard, each answered within so many clicks, counted here. The log is the one of
// tests/dashboard/history.py. A choice in a list is one click.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { accessible, api, url } from "./tools.mjs";

/** Starts on the Overview; counts what is clicked, and holds it to the most that there may be. */
async function ask(page, most, answer) {
  await page.goto(url);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  let clicks = 0;
  const click = async (target) => {
    clicks += 1;
    await target.click();
  };
  const choose = async (label, value) => {
    clicks += 1;
    await page.getByLabel(label, { exact: true }).selectOption(value);
  };
  await answer(click, choose);
  assert(clicks <= most, `${clicks} clicks, where ${most} were to be enough`);
  return clicks;
}

const menu = (page, name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true });
const rows = (page, table) => page.getByRole("group", { name: table }).locator("tbody tr");

/** Whoever pays: what did each team cost last month, as a file and on paper? */
export function theMonth(page, picture) {
  return ask(page, 5, async (click, choose) => {
    await click(menu(page, "Costs"));
    await choose("Period", "last-month");
    await choose("By", "tag");
    for (const team of ["search", "support", "growth"]) await rows(page, "Costs, table").getByRole("link", { name: team, exact: true }).waitFor();
    const coming = page.waitForEvent("download");
    await click(page.getByRole("button", { name: "CSV" }));
    const [header, ...lines] = (await readFile(await (await coming).path(), "utf8")).trim().split("\r\n").map((line) => line.split(","));
    const column = header.indexOf("cost_usd");
    const total = lines.pop();
    assert.equal(total[1], "(total)");
    const sum = lines.reduce((all, line) => all + Number(line[column]), 0);
    assert(Math.abs(sum - Number(total[column])) < 1e-9, "the file's lines do not make its total");
    const shown = await page.getByRole("region", { name: "Spent", exact: true }).locator(".figures").innerText();
    assert(sum > 1 && Math.abs(sum - Number(shown.replace(/[$,]/g, ""))) < 0.005, `the file has ${sum}, the page ${shown}`);
    await page.evaluate(() => {
      window.printed = 0;
      window.print = () => { window.printed += 1; };
    });
    await click(page.getByRole("button", { name: "Print" }));
    assert.equal(await page.evaluate(() => window.printed), 1);
    await accessible(page, "last month by team");
    await picture?.("month");
    await onPaper(page, picture);
  });
}

/** What comes out of the printer: the figures, nothing to click. */
async function onPaper(page, picture) {
  await page.emulateMedia({ media: "print" });
  assert(!(await page.getByRole("navigation", { name: "Pages" }).isVisible()));
  assert(await page.getByRole("group", { name: "Costs, table" }).isVisible());
  await picture?.("month-on-paper");
  await page.emulateMedia({ media: "screen" });
}

/** An engineer: why is p99 up since three days? */
export function theSlowness(page, picture) {
  return ask(page, 6, async (click) => {
    await click(menu(page, "Performance"));
    const models = page.getByRole("group", { name: "Latency by model, table" });
    await rows(page, "Latency by model, table").nth(1).getByText(/%$/).first().waitFor();
    await click(models.getByRole("button", { name: "Difference" }));
    await rows(page, "Latency by model, table").first().getByText("claude-sonnet-5-5").waitFor();
    await click(models.getByRole("link", { name: "claude-sonnet-5-5" }));
    await page.getByText(/shown alone/).waitFor();
    const days = rows(page, "Latency over time, table");
    await page.getByRole("columnheader", { name: "Provider, p95" }).waitFor({ state: "detached" });
    await days.nth(6).waitFor();
    await page.locator(".plot circle").first().waitFor();
    await accessible(page, "one model's performance");
    await picture?.("slowness");
    await click(days.nth(1).getByRole("link", { name: /^The slowest requests of/ }));
    const log = page.getByRole("region", { name: "Log" }).locator("tbody tr");
    await log.first().getByText("10.", { exact: false }).waitFor();
    await click(log.first().getByRole("link"));
    const took = page.getByRole("region", { name: "Time and tokens" });
    await took.getByRole("row", { name: /^Provider 10\.\d s/ }).waitFor();
    await took.getByRole("row", { name: "Promptly 6 ms" }).waitFor();
    await page.getByRole("row", { name: /^Served by anthropic, claude-sonnet-5-5/ }).waitFor();
    await picture?.("slowness-request");
  });
}

/** A lead: which team costs twice what it did? */
export function theTeam(page, picture) {
  return ask(page, 4, async (click, choose) => {
    await click(page.getByRole("link", { name: "Spent", exact: true }));
    await page.getByRole("heading", { name: "Costs", level: 1 }).waitFor();
    await choose("By", "tag");
    const table = page.getByRole("group", { name: "Costs, table" });
    await table.getByRole("link", { name: "support", exact: true }).waitFor();
    await click(table.getByRole("button", { name: "Difference" }));
    const first = rows(page, "Costs, table").first();
    await first.getByRole("link", { name: "search", exact: true }).waitFor();
    await first.getByText("+100.0 %").waitFor();
    await accessible(page, "teams by what changed");
    await picture?.("team");
    await click(first.getByRole("link"));
    await page.getByRole("region", { name: "Log" }).locator("tbody tr").first().waitFor();
    const { requests } = await api(page, "GET", `/api/requests${new URL(page.url()).search}`);
    assert(requests.length > 0 && requests.every((one) => one.tags.team === "search"));
  });
}

export const QUESTIONS = { "what did each team cost last month": theMonth, "why is p99 up since three days": theSlowness, "which team costs twice as much": theTeam };

/** Signed in as the organization with that log, by its session. */
export async function asThem(page) {
  await page.goto(`${url}/login`);
  await page.evaluate((value) => sessionStorage.setItem("promptly-session", value), process.env.PROMPTLY_HISTORY_TOKEN);
}
