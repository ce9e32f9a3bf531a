// What is sent is kept for a while, other settings are tried on it, and it is erased.
import assert from "node:assert/strict";
import { accessible, api, ask, until, url } from "./tools.mjs";

export async function whatIsSentIsKept(page, key) {
  await page.goto(`${url}/organization`);
  const panel = page.getByRole("region", { name: "Captured requests" });
  await panel.getByText("Nothing was captured in the last 7 days").waitFor();
  const chosen = panel.getByRole("form", { name: "What is captured" });
  await chosen.getByLabel("Captured from now on").selectOption("all");
  await chosen.getByRole("button", { name: "Save" }).click();
  await until("what is sent is captured", async () => {
    await ask(key, `Note   that this question is kept: which lake is the deepest?\n\n\n\nAsked at ${Date.now()}.`);
    return (await api(page, "GET", "/api/captures?days=7")).captures.length > 0;
  });
  await page.reload();
  await panel.getByRole("table").locator("tbody tr").first().waitFor();
  await accessible(page, "captured requests");
  const tried = panel.getByRole("form", { name: "Try other settings" });
  await tried.getByLabel("Try the level").selectOption("aggressive");
  await tried.getByRole("button", { name: "Try" }).click();
  const predicted = panel.getByRole("region", { name: "Predicted" });
  await predicted.getByText(/^A prediction, not a measurement/).waitFor();
  const [, replayed, captured] = (await predicted.innerText()).match(/Tried\s+(\d+) of (\d+)/) ?? [];
  assert(Number(replayed) > 0 && replayed === captured, `${replayed} of ${captured} were tried`);
  await accessible(page, "a prediction");
  await chosen.getByLabel("Captured from now on").selectOption("none");
  await chosen.getByRole("button", { name: "Stop capturing" }).click();
  await panel.getByRole("button", { name: "Erase all captured requests" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await panel.getByText("Nothing was captured in the last 7 days").waitFor();
}
