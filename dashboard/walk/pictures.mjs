// Pictures of every page for the documentation: an organisation at work, by day and by night, on a desk and in a hand.
//   PROMPTLY_URL, PROMPTLY_UPSTREAM_URL, PROMPTLY_TOKEN, PROMPTLY_KEY: where, and as whom. PICTURES: the folder.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { browse } from "./browser.mjs";
import { PAGES } from "./pages.mjs";
import { api, ask, until, url } from "./tools.mjs";

const { PROMPTLY_TOKEN: token, PROMPTLY_KEY: key, PICTURES: folder } = process.env;
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"];
const POLITE =
  "You are a helpful assistant for the customers of Northwind, a shop for outdoor clothing.   Please note that it is important to " +
  "answer in English.\n\n\n\nIn order to be helpful, keep the answers short. Due to the fact that many customers write from a phone, " +
  "make use of short sentences, and in the event that a question is about an order, ask for the number of the order.\n\nThe answers " +
  "are read by people who are in a hurry. The tone of the answers is friendly, and the name of the customer is used once.";
const PASTED = { model: "gpt-4o", messages: [{ role: "system", content: POLITE }, { role: "user", content: "Where is my order?" }] };
const ASKED = ["What's the population of Canada?", "What is Canada's population?", "How do I wash a down jacket?", "Which tent suits two people?"];

/** What an organisation has after a month: rules, alerts, people, and a few requests of this minute. */
async function settle(page) {
  const rules = [
    ["Invoices stay exact", "keyword", { keywords: ["invoice", "VAT"] }, "use_model", "gpt-4o"],
    ["Long ones", "token_count", { operator: "gt", value: 8000 }, "force_tier", "complex"],
    ["Greetings", "keyword", { keywords: ["hello", "good morning"] }, "force_tier", "simple"],
  ];
  for (const [at, [name, condition_type, condition_value, action, action_value]] of rules.entries()) {
    await api(page, "POST", "/api/routing/rules", { name, condition_type, condition_value, action, action_value, priority: 30 - 10 * at });
  }
  for (const [name, metric, operator, threshold] of [["Spend of the day", "daily_spend", "gt", 0.0001], ["Slow answers", "latency_p95", "gt", 8000], ["Errors", "error_rate", "gte", 5]]) {
    await api(page, "POST", "/api/alerts/rules", { name, metric, operator, threshold, channels: ["email"], window_minutes: 60, cooldown_minutes: 60 });
  }
  for (const name of ["Checkout", "Support bot"]) {
    await api(page, "POST", "/api/keys/platform", { name, scopes: ["chat"], rpm: 500, expires_at: null, monthly_budget_usd: 250 });
  }
  for (const [email, role] of [["grace@northwind.example", "member"], ["finance@northwind.example", "viewer"]]) {
    await api(page, "POST", "/api/team/invite", { email, role });
  }
  for (const question of ASKED) await ask(key, question);
  await ask(key, "Where is my order?", { messages: PASTED.messages });
  await ask(key, ASKED[0]);
  await until("the alert has fired", async () => (await api(page, "GET", "/api/alerts/events")).events.length > 0);
  await until("the hit is logged", async () => (await api(page, "GET", "/api/optimization/cache/hits")).hits.length > 0);
}

async function shoot(page, name) {
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  await client.detach();
  await writeFile(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
}

const still = (page) => page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root, .mantine-Loader-root"));

async function everyway(page, name, prepare) {
  for (const scheme of SCHEMES) {
    await page.evaluate((value) => localStorage.setItem("mantine-color-scheme-value", value), scheme);
    for (const [device, size] of Object.entries(SIZES)) {
      await page.setViewportSize(size);
      await prepare();
      await shoot(page, `${name}-${scheme}-${device}`);
    }
  }
}

await browse({ colorScheme: "light" }, async (page) => {
  await page.goto(`${url}/login`);
  const outside = { "sign-in": "/login", register: "/register", forgot: "/forgot", invite: "/auth/invite#token=inv_1", reset: "/auth/reset#token=res_1" };
  for (const [name, path] of Object.entries(outside)) {
    await everyway(page, name, async () => {
      await page.goto("about:blank"); // another address behind the # alone would not be another page
      await page.goto(url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await still(page);
    });
  }
  await page.evaluate((value) => sessionStorage.setItem("promptly-session", value), token);
  await settle(page);
  for (const [name, path, panel] of PAGES) {
    await everyway(page, name, async () => {
      await page.goto(url + path);
      await page.getByRole("region", { name: panel }).waitFor();
      await still(page);
      if (path === "/") await page.locator(".recharts-bar-rectangle path").first().waitFor();
    });
  }
  const [one] = (await api(page, "GET", "/api/requests?status=success&kind=chat&limit=3")).requests.filter((entry) => entry.savings_usd > 0);
  await everyway(page, "request", async () => {
    await page.goto(`${url}/requests/${one.id}`);
    await page.getByTestId("receipt").waitFor();
  });
  await everyway(page, "preview", async () => {
    await page.goto(`${url}/optimization`);
    await page.getByLabel("Prompt or request").fill(JSON.stringify(PASTED, null, 1));
    await page.getByLabel("Level", { exact: true }).last().selectOption("aggressive");
    await page.getByRole("button", { name: "Show what would be sent" }).click();
    await page.getByTestId("preview").locator("del").first().waitFor();
    await page.getByTestId("preview").evaluate((found) => window.scrollTo(0, found.getBoundingClientRect().top + window.scrollY - 80));
  });
});
