// One prompt, with the levers and without, through a real gateway and the provider that is played.
import assert from "node:assert/strict";
import { PASTED } from "./settle.mjs";
import { accessible, api, onPhone, open, shoot, until } from "./tools.mjs";

const WORDY = { messages: [PASTED.messages[0], { role: "user", content: "Where is my order 4711?" }] };

export async function thePlayground(page) {
  const named = async () => (await api(page, "GET", "/api/keys/platform")).keys.filter((key) => key.name === "Playground");
  await open(page, "Playground");
  await page.getByLabel(/^Prompt or request/).fill(JSON.stringify(WORDY));
  await page.getByRole("button", { name: "Send twice" }).click();
  for (const side of ["Levers on", "Levers off"]) {
    const panel = page.getByRole("region", { name: side });
    await panel.getByText("The lines add up to the last digit.").waitFor({ timeout: 20_000 });
    await panel.getByRole("row", { name: "Status success" }).waitFor();
  }
  const [key] = await named();
  assert.deepEqual(key.scopes, ["chat"]);
  assert(Date.parse(key.expires_at) > Date.now());
  const { requests } = await api(page, "GET", `/api/requests?key_id=${key.id}`);
  assert.equal(requests.length, 2);
  assert(requests.every((one) => one.tags.source === "playground"));
  const savings = requests.map((one) => one.savings_usd).sort((one, other) => one - other);
  assert(savings[0] === 0 && savings[1] > 0, `saved: ${savings}`);
  await page.getByRole("region", { name: "What is changed in the prompt" }).locator("del").first().waitFor();
  await accessible(page, "the playground's answers");
  await shoot(page, "playground");
  await onPhone(page, "playground");
  await open(page, "Keys");
  await until("the playground's key is revoked with its page", async () => (await named()).length === 0);
}
