// A rule is crossed by real spending, and a webhook hears of it.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { accessible, api, ask, onPhone, open, shoot, until } from "./tools.mjs";

/** Keeps what it is sent. */
async function listen(visit) {
  const posts = [];
  const server = createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      posts.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      answer.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await visit(`http://127.0.0.1:${server.address().port}/promptly`, posts);
  } finally {
    server.close();
  }
}

function signed({ headers, body }, secret) {
  const [, time, given] = /^t=(\d+),v1=(\w+)$/.exec(headers["x-promptly-signature"]) ?? [];
  return given === createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
}

export async function aRuleFires(page, key) {
  await listen(async (hook, posts) => {
    const spent = async () => (await api(page, "GET", "/api/analytics/overview?days=1")).cost_usd;
    const limit = (await spent()) + 0.001;
    await open(page, "Alerts");
    await page.getByText("No rules yet").waitFor();
    await page.getByText("Nothing has fired yet").waitFor();
    await page.getByRole("button", { name: "New rule" }).click();
    const made = page.getByRole("form", { name: "New rule" });
    await made.getByLabel("Watch").selectOption("spend_anomaly");
    await made.getByText(/It needs four weeks of requests/).waitFor();
    await accessible(page, "a rule about an unusual day");
    await made.getByLabel("Watch").selectOption("monthly_spend");
    await made.getByLabel("Threshold, dollars").waitFor();
    await made.getByLabel("Watch").selectOption("daily_spend");
    await made.getByLabel("Name").fill("Too dear today");
    await made.getByLabel("Threshold, dollars").fill(limit.toFixed(6));
    await made.getByLabel("E-mail to the admins").uncheck();
    await made.getByLabel("Webhook", { exact: true }).check();
    await made.getByLabel("Webhook's URL").fill(hook);
    await accessible(page, "a new rule");
    await shoot(page, "alerts-new");
    await onPhone(page, "a new rule");
    await made.getByRole("button", { name: "Make the rule" }).click();
    const secret = await page.getByTestId("shown-once").locator("code").innerText();
    assert.match(secret, /^whsec_/);
    await shoot(page, "alerts-secret");
    await page.getByRole("button", { name: "I have stored it" }).click();
    assert(!(await page.content()).includes(secret), "the secret is still on the page");

    const rule = page.getByRole("article", { name: "Too dear today" });
    await rule.getByText("OK", { exact: true }).waitFor();
    await rule.getByRole("button", { name: "Test Too dear today" }).click();
    await rule.getByText("Webhook: sent").waitFor();

    while ((await spent()) <= limit) await ask(key, Array.from({ length: 300 }, () => randomUUID().slice(0, 8)).join(" "));
    await rule.getByText(/^Firing · began/).waitFor({ timeout: 40_000 });
    const history = page.getByRole("region", { name: "History" });
    await history.getByText("Fired", { exact: true }).waitFor({ timeout: 40_000 });
    await history.getByText("Webhook: sent").waitFor({ timeout: 40_000 });
    await shoot(page, "alerts-firing");
    await open(page, "Keys");
    await page.getByTestId("firing").getByText(/Too dear today/).waitFor();
    await accessible(page, "an alert that fires, on another page");
    await shoot(page, "firing");
    await page.getByTestId("firing").getByRole("link").click();

    await rule.getByRole("button", { name: "Edit Too dear today" }).click();
    await rule.getByLabel("Threshold, dollars").fill("1000");
    await shoot(page, "alerts-edit");
    await rule.getByRole("button", { name: "Save" }).click();
    await rule.getByText("OK", { exact: true }).waitFor({ timeout: 40_000 });
    await history.getByText("Recovered", { exact: true }).waitFor({ timeout: 40_000 });
    await until("the recovery is told", () => posts.length === 3);
    const told = posts.map((post) => JSON.parse(post.body));
    assert.deepEqual(told.map((one) => one.type), ["alert.test", "alert.fired", "alert.resolved"]);
    assert(told[1].value > limit);
    for (const post of posts) assert(signed(post, secret), "a webhook's signature");
    assert(!signed(posts[1], "whsec_another"));

    for (const state of ["Off", "OK"]) {
      await rule.getByRole("switch").click();
      await rule.getByText(state, { exact: true }).waitFor();
    }
  });
}
