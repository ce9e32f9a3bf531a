// The requests of one session on one page, reached from any of them.
import assert from "node:assert/strict";
import { accessible, api, onPhone, shoot, until, url } from "./tools.mjs";

const WORDY = "Please note   that it is important to keep the answers short.\n\n\n\n".repeat(12);
const TURNS = ["Name three rivers.", "Which of them is the longest?", "And the shortest?"];

/** Asks a session's questions, and looks at them; says where its page is. */
export async function aConversation(page, key) {
  const messages = [{ role: "system", content: WORDY }];
  for (const content of TURNS) {
    messages.push({ role: "user", content });
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-session-id": "walk-1", "x-promptly-cache": "off" },
      body: JSON.stringify({ model: "gpt-4o", messages }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    messages.push((await answer.json()).choices[0].message);
  }
  let session;
  await until("the conversation is logged", async () => {
    session = (await api(page, "GET", "/api/requests?limit=1")).requests[0].session;
    return session && (await api(page, "GET", `/api/requests?session=${session}`)).requests.length === TURNS.length;
  });
  const { requests } = await api(page, "GET", `/api/requests?session=${session}`);
  await page.goto(`${url}/requests/${requests[1].id}`);
  await page.getByRole("link", { name: "All requests of this session" }).click();
  await page.getByText("The lines add up to the last digit.").waitFor();
  const links = page.getByRole("region", { name: "Requests" }).locator("tbody a");
  const shown = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  assert.deepEqual(shown, requests.map((one) => `/requests/${one.id}`).reverse());
  const nano = (usd) => Math.round(usd * 1e9);
  const paid = requests.reduce((all, one) => all + nano(one.cost_usd), 0);
  const receipt = page.getByTestId("receipt");
  assert(paid > 0 && paid < requests.reduce((all, one) => all + nano(one.baseline_cost_usd), 0), "nothing was saved");
  assert((await receipt.innerText()).includes(`$${(paid / 1e9).toFixed(9)}`), `${paid} nano-dollars were paid: ${await receipt.innerText()}`);
  await accessible(page, "a conversation");
  await shoot(page, "conversation");
  await onPhone(page, "conversation");
  const path = new URL(page.url()).pathname;
  await links.last().click();
  await page.getByRole("region", { name: "What happened" }).waitFor();
  return path;
}
