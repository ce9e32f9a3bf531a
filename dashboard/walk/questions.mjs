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
    await beside(page);
    await accessible(page, "teams by what changed");
    await picture?.("team");
    await click(first.getByRole("link"));
    await page.getByRole("region", { name: "Log" }).locator("tbody tr").first().waitFor();
    const { requests } = await api(page, "GET", `/api/requests${new URL(page.url()).search}`);
    assert(requests.length > 0 && requests.every((one) => one.tags.team === "search"));
  });
}

/** The chart's keyboard: a bar's parts with their shares, their total, and the period before, which is drawn as well. */
async function beside(page) {
  const chart = page.getByRole("img", { name: "Cost per day, in dollars" });
  await page.getByTestId("before").waitFor({ state: "attached" });
  await chart.focus();
  for (let column = 0; column < 5; column += 1) await page.keyboard.press("ArrowRight");
  const tip = chart.locator(".tip");
  const shares = await tip.locator("tbody tr:not(.total) td:last-child").allInnerTexts();
  assert.equal(shares.length, 3);
  const all = shares.reduce((sum, share) => sum + Number.parseFloat(share), 0);
  assert(Math.abs(all - 100) < 0.2, `${shares} make ${all} %`);
  await tip.getByRole("rowheader", { name: "Total" }).waitFor();
  await tip.getByRole("rowheader", { name: "The period before" }).waitFor();
  await accessible(page, "a bar of the chart");
}

/** The log's columns, chosen and sorted; on a phone model, status and cost without scrolling aside. */
export async function theColumns(page, picture) {
  await page.goto(`${url}/requests?period=30d`);
  const table = page.getByRole("group", { name: "Requests, table" });
  await table.getByRole("button", { name: "Latency" }).click();
  await page.getByText(/^Sorted among the 50 requests/).waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByLabel("Tags", { exact: true }).check();
  await accessible(page, "the choice of columns");
  await picture?.("columns");
  await page.keyboard.press("Escape");
  await table.getByRole("button", { name: "Tags" }).waitFor();
  await table.getByText("team=search").first().waitFor();
  await page.reload();
  await table.getByText("team=search").first().waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  const short = page.getByRole("table", { name: "Requests" });
  const box = await short.locator("tbody tr").first().locator("td").last().boundingBox();
  assert(box && box.x + box.width <= 390, "the cost is beside the screen");
  await page.getByRole("button", { name: /^Filters/ }).click();
  await page.getByLabel("Status", { exact: true }).selectOption("error");
  await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].every((row) => row.textContent.includes("error")));
  await accessible(page, "the log on a phone");
  await picture?.("columns-phone");
}

export const QUESTIONS = { "what did each team cost last month": theMonth, "why is p99 up since three days": theSlowness, "which team costs twice as much": theTeam };

/** Signed in as the organization with that log, by its session. */
export async function asThem(page) {
  await page.goto(`${url}/login`);
  await page.evaluate((value) => sessionStorage.setItem("promptly-session", value), process.env.PROMPTLY_HISTORY_TOKEN);
}
