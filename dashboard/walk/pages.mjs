// Every page of the dashboard: its name, its address, and a part of it that says that it is there.
import { accessible, narrow, shoot, url } from "./tools.mjs";

export const PAGES = [
  ["overview", "/", "Spend and savings over time"],
  ["costs", "/costs", "Who spent it"],
  ["budgets", "/budgets", "Teams"],
  ["performance", "/performance", "Errors over time"],
  ["measured", "/measured", "Holdout"],
  ["requests", "/requests", "Log"],
  ["playground", "/playground", "Prompt"],
  ["keys", "/keys", "Promptly keys"],
  ["optimization", "/optimization", "Settings"],
  ["routing", "/routing", "Tiers"],
  ["cache", "/cache", "Semantic hits"],
  ["alerts", "/alerts", "History"],
  ["team", "/team", "Members"],
  ["organization", "/organization", "About"],
  ["credits", "/credits", "Balance"],
  ["start", "/start", "3. See it arrive"],
];

/** Looks at each of them, and at others of the same form: a picture, nothing wider than the screen, no serious barrier. */
export async function visitAll(page, as, further = []) {
  for (const [name, path, panel] of [...PAGES, ...further]) {
    await page.goto(url + path);
    await page.getByRole("region", { name: panel }).waitFor();
    await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
    if (path === "/") await page.locator(".plot rect").first().waitFor();
    await shoot(page, `${as}-${name}`);
    await narrow(page, `${name} (${as})`);
    await accessible(page, `${name} (${as})`);
  }
}
