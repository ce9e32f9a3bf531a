// What every step of the walk uses: where Promptly is, how to ask it, and how a page is looked at.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

export const url = process.env.PROMPTLY_URL;
export const upstream = process.env.PROMPTLY_UPSTREAM_URL;
const shots = process.env.SHOTS;
assert(url && upstream, "PROMPTLY_URL and PROMPTLY_UPSTREAM_URL say where to walk.");
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const email = `walker-${Date.now()}@example.com`;
export const password = "correct horse battery";

/** A chat request with a Promptly key; says whether the cache answered (hit, miss, off), and fails where nobody did. */
export async function ask(key, content, more = {}) {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }], ...more }),
  });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("x-promptly-cache");
}

/** A chat request whose provider rejects the organization's key. */
export async function refused(key) {
  const steps = Array(9).fill({ status: 401 }); // more than all tries
  const told = await fetch(`${upstream}/_control/script`, { method: "POST", body: JSON.stringify({ "gpt-4o": steps, "gpt-4o-mini": steps }) });
  assert(told.ok, `${told.status}`);
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Is anybody there?" }] }),
  });
  await fetch(`${upstream}/_control/script`, { method: "DELETE" });
  assert.equal(answer.status, 502, await answer.text());
}

/** No serious barrier, in either colours; what the policy forbids to the page it allows to the tool that drives it. */
export async function accessible(page, name) {
  // Figures of another period are faded until the chosen one's are here.
  await page.waitForFunction(() => !document.querySelector("#main [aria-busy=true]"));
  // What is half faded in has half the contrast; a sign of waiting turns for ever.
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity));
  const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ["violations"] }); })()`);
  const serious = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  const told = serious.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(told, [], `axe on ${name}`);
}

export async function narrow(page, name) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert(wider <= 0, `${name} is ${wider} pixels wider than the screen`);
}

export async function shoot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Looks at what is open, a form perhaps, on a phone. */
export async function onPhone(page, name) {
  const still = () => page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
  await page.setViewportSize({ width: 390, height: 844 });
  await still();
  await narrow(page, `${name} (on a phone)`);
  await shoot(page, `${name.replaceAll(" ", "-")}-phone`);
  await page.setViewportSize({ width: 1280, height: 860 });
  await still();
}

/** The control plane, with the session of a page. */
export async function api(page, method, path, body) {
  const token = await page.evaluate(() => sessionStorage.getItem("promptly-session"));
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

/** Asks until the answer is what it should become. */
export async function until(what, does, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  while (!(await does())) {
    assert(Date.now() < end, `${what}: not within ${seconds} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Opens a page by its link in the menu. */
export async function open(page, name) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
}
