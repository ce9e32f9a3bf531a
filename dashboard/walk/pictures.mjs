// Pictures of every page for the documentation: an organization at work, by day and by night, on a desk and in a hand.
//   PROMPTLY_URL, PROMPTLY_UPSTREAM_URL, PROMPTLY_TOKEN, PROMPTLY_KEY: where, and as whom. PICTURES: the folder.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { browse } from "./browser.mjs";
import { PAGES } from "./pages.mjs";
import { asThem, QUESTIONS } from "./questions.mjs";
import { PASTED, settle } from "./settle.mjs";
import { api, url } from "./tools.mjs";

const { PROMPTLY_TOKEN: token, PROMPTLY_KEY: key, PICTURES: folder } = process.env;
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"];
// Where another address shows more of a page than its own.
const ADDRESSES = { costs: "/costs?by=tag:team&period=30" }; // a month may have begun today
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
  await settle(page, key);
  for (const [name, path, panel] of PAGES) {
    await everyway(page, name, async () => {
      await page.goto(url + (ADDRESSES[name] ?? path));
      await page.getByRole("region", { name: panel }).waitFor();
      await still(page);
      if (name === "overview" || name === "costs") await page.locator(".plot rect").first().waitFor();
      if (name === "performance") await page.locator(".plot circle").first().waitFor();
    });
  }
  await everyway(page, "captures", async () => {
    await page.goto(`${url}/organization`);
    await still(page);
    await page.getByRole("region", { name: "Captured requests" }).evaluate((found) => window.scrollTo(0, found.getBoundingClientRect().top + window.scrollY - 80));
  });
  const [one] = (await api(page, "GET", "/api/requests?status=success&kind=chat&limit=3")).requests.filter((entry) => entry.savings_usd > 0);
  await everyway(page, "request", async () => {
    await page.goto(`${url}/requests/${one.id}`);
    await page.getByTestId("receipt").waitFor();
  });
  const { session } = (await api(page, "GET", "/api/requests?limit=50")).requests.find((entry) => entry.session);
  await everyway(page, "playground", async () => {
    await page.goto(`${url}/playground`);
    await page.getByLabel("Prompt or request").fill(JSON.stringify(PASTED, null, 1));
    await page.getByRole("button", { name: "Send twice" }).click();
    await page.getByText("The lines add up to the last digit.").first().waitFor();
    await still(page);
    await page.getByRole("status", { name: "Answers" }).evaluate((found) => window.scrollTo(0, found.getBoundingClientRect().top + window.scrollY - 80));
  });
  await everyway(page, "conversation", async () => {
    await page.goto(`${url}/conversations/${session}`);
    await page.getByText("The lines add up to the last digit.").waitFor();
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

// Each step of the questions in docs/dashboard.md, as the walk answers them.
for (const answer of Object.values(QUESTIONS)) {
  await browse({ colorScheme: "light" }, async (page) => {
    await asThem(page);
    await answer(page, (name) => shoot(page, `question-${name}`));
  });
}
