// How long the dashboard's questions take, and a browser to show them: prints one JSON object.
//   PROMPTLY_URL, PROMPTLY_UPSTREAM_URL, PROMPTLY_TOKEN, PROMPTLY_KEY: where, and as whom. ADDRESSES: what is visited, VISITS times.
import { browse } from "./browser.mjs";
import { PAGES } from "./pages.mjs";
import { settle } from "./settle.mjs";
import { url } from "./tools.mjs";

const token = process.env.PROMPTLY_TOKEN;
const key = process.env.PROMPTLY_KEY;
const addresses = JSON.parse(process.env.ADDRESSES);
const visits = Number(process.env.VISITS ?? 10);
const QUIET = 2000; // what is still until then is taken to be done
// As Lighthouse plays a phone: a processor four times slower.
const DEVICES = { desktop: { viewport: { width: 1280, height: 860 }, slower: 1 }, phone: { viewport: { width: 390, height: 844 }, slower: 4 } };

function watch() {
  window.seen = { long: [], shift: 0, paint: null };
  const on = (type, does) => new PerformanceObserver((list) => list.getEntries().forEach(does)).observe({ type, buffered: true });
  on("longtask", (task) => window.seen.long.push([task.startTime, task.duration]));
  on("layout-shift", (one) => { if (!one.hadRecentInput) window.seen.shift += one.value; });
  on("largest-contentful-paint", (one) => { window.seen.paint = one.startTime; });
}

/** One cold visit: first and largest paint, when the page can be used, what blocked it, and how much it moved. */
async function coldly(path, signedIn, { viewport, slower }) {
  return browse({ viewport }, async (page) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
    await page.addInitScript(watch);
    if (signedIn) await page.addInitScript((value) => sessionStorage.setItem("promptly-session", value), token);
    let last = 0;
    let bytes = 0;
    page.on("response", async (response) => {
      if (!response.url().startsWith(url)) return;
      const sizes = await response.request().sizes().catch(() => null);
      bytes += sizes?.responseBodySize ?? 0;
    });
    page.on("requestfinished", (request) => { if (!request.url().includes("/stream")) last = Date.now(); });
    const begun = Date.now();
    await page.goto(url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    while (Date.now() - Math.max(last, begun) < QUIET) await page.waitForTimeout(100);
    return page.evaluate(
      ({ bytes, answered }) => {
        const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null;
        const after = window.seen.long.filter(([start]) => start >= first);
        const blocked = after.reduce((sum, [, took]) => sum + took - 50, 0);
        const interactive = Math.max(first, ...after.map(([start, took]) => start + took));
        return { first, largest: window.seen.paint, interactive, blocked, answered, shift: window.seen.shift, bytes };
      },
      { bytes, answered: last - begun },
    );
  });
}

await browse({}, async (page) => {
  await page.goto(`${url}/login`);
  await page.evaluate((value) => sessionStorage.setItem("promptly-session", value), token);
  await settle(page, key);
});

const loads = {};
for (const [device, options] of Object.entries(DEVICES)) {
  for (const [name, path, signedIn] of [["sign in", "/login", false], ...PAGES.map(([name, path]) => [name, path, true])]) {
    loads[`${name}, ${device}`] = [];
    for (let visit = 0; visit < 3; visit += 1) loads[`${name}, ${device}`].push(await coldly(path, signedIn, options));
  }
}

const asked = await browse({}, async (page) => {
  await page.addInitScript((value) => sessionStorage.setItem("promptly-session", value), token);
  const found = {};
  let at = "";
  const asker = new Map();
  page.on("request", (request) => asker.set(request, at));
  page.on("requestfinished", (request) => {
    const path = new URL(request.url()).pathname;
    if (!path.startsWith("/api/") || path.endsWith("/stream")) return;
    const timing = request.timing();
    const route = `${request.method()} ${path.replace(/req_[0-9a-f]{32}/, "{id}")}`;
    ((found[asker.get(request)] ??= {})[route] ??= []).push(timing.responseEnd - timing.requestStart);
  });
  for (let visit = 0; visit < visits; visit += 1) {
    for (const address of addresses) {
      at = address;
      await page.goto(url + address);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
      if (address !== "/") continue;
      for (const period of ["24 h", "7 days", "90 days"]) {
        at = `${address} (${period})`;
        const whole = page.waitForResponse((response) => response.url().includes("/api/analytics/models"));
        await page.getByText(period, { exact: true }).click();
        await whole;
      }
    }
  }
  return found;
});
console.log(JSON.stringify({ loads, asked }));
