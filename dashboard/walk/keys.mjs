// What can be done to keys besides making and revoking them.
import assert from "node:assert/strict";
import { accessible, onPhone, open, shoot, until, url } from "./tools.mjs";

const DAY = 86_400_000;

/** A time as a field of the browser's takes it: in its own zone, without a name for it. */
async function local(page, ms) {
  return page.evaluate((time) => {
    const date = new Date(time);
    return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }, ms);
}

export async function aKeyExpires(page) {
  await open(page, "Keys");
  await page.getByRole("button", { name: "New key" }).click();
  const form = page.getByRole("form", { name: "New key" });
  await form.getByLabel("Name").fill("For a week");
  await form.getByLabel("Expires (optional)").fill(await local(page, Date.now() - DAY));
  await form.getByRole("button", { name: "Make the key" }).click();
  await form.getByText("This moment is over: choose one to come.").waitFor();
  await accessible(page, "a new key");
  await shoot(page, "keys-expiry");
  await onPhone(page, "a new key");
  await form.getByLabel("Expires (optional)").fill(await local(page, Date.now() + 7 * DAY));
  await form.getByRole("button", { name: "Make the key" }).click();
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.getByRole("row", { name: /^For a week/ }).getByText(/^until /).waitFor();
}

export async function aProvidersKeyIsChanged(page) {
  await open(page, "Keys");
  const edit = page.getByRole("button", { name: /^Edit OpenAI/ });
  await edit.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Label (optional)").fill("main account");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("OpenAI · main account").waitFor();
  await edit.click();
  await dialog.getByLabel("Base URL (optional)").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Another base URL needs its key along with it.").waitFor();
  await accessible(page, "a provider's key");
  await shoot(page, "keys-edit");
  await dialog.getByRole("button", { name: "Leave it as it was" }).click();
}

export async function aKeyIsEdited(page) {
  await open(page, "Keys");
  await page.getByRole("button", { name: /^Edit For a week/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Dollars a month/).fill("25");
  await accessible(page, "a key that is edited");
  await shoot(page, "keys-edit-own");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /^For a week/ }).getByText(/of \$25\.00/).waitFor();
}

/** A key for the control plane does what its scopes allow, until it is revoked. */
export async function aControlKeyWorks(page) {
  await page.getByRole("button", { name: "New control-plane key" }).click();
  const form = page.getByRole("form", { name: "New control-plane key" });
  await form.getByLabel("Name").fill("Terraform");
  await accessible(page, "a new control-plane key");
  await form.getByRole("button", { name: "Make the control-plane key" }).click();
  const secret = await page.getByTestId("shown-once").locator("code").innerText();
  const settings = await fetch(`${url}/api/optimization/settings`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(settings.status, 200, await settings.text());
  await page.getByRole("button", { name: "I have stored it" }).click();
  assert(!(await page.content()).includes(secret), "the control-plane key is still on the page");
  await page.getByRole("button", { name: /^Revoke Terraform/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("No control-plane keys").waitFor();
}

/** A budget that a single call may exceed: the refusal says how much is set aside for it, and what the key may spend is raised on the page. */
export async function aSmallBudgetIsRaised(page) {
  await open(page, "Keys");
  await page.getByRole("button", { name: "New key" }).click();
  const form = page.getByRole("form", { name: "New key" });
  await form.getByLabel("Name").fill("Small");
  await form.getByLabel(/^Dollars a month/).fill("0.01");
  await form.getByRole("button", { name: "Make the key" }).click();
  const key = await page.getByTestId("shown-once").locator("code").innerText();
  await page.getByRole("button", { name: "I have stored it" }).click();
  const long = { model: "gpt-4o", max_tokens: 4000, messages: [{ role: "user", content: "Which rivers flow through Portugal, and how long are they?" }] };
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(long),
  });
  const { error } = await answer.json();
  assert.equal(answer.status, 402, JSON.stringify(error));
  assert.match(error.message, /may cost up to \$0\.04\d*, which is more than this key's whole budget of \$0\.01 a month/);
  await page.getByRole("button", { name: /^Edit Small/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Dollars a month/).fill("5");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /^Small/ }).getByText(/of \$5\.00/).waitFor();
  await until("the key may spend more", async () => {
    const again = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(long),
    });
    return again.status === 200;
  });
  await page.getByRole("button", { name: /^Revoke Small/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Small", { exact: true }).waitFor({ state: "detached" });
}
