// The dashboard as a new organization meets it, in a real browser against a running Promptly. Fails on the first complaint.
//   PROMPTLY_URL, PROMPTLY_UPSTREAM_URL: where Promptly is, and the provider that plays OpenAI. SHOTS: a folder for pictures.
//   PROMPTLY_TRACES: where Promptly was told that traces are shown.
import assert from "node:assert/strict";
import { aRuleFires } from "./alerts.mjs";
import { browse } from "./browser.mjs";
import { whatIsSentIsKept } from "./captures.mjs";
import { aWrongAnswerIsTakenBack } from "./cache.mjs";
import { aConversation } from "./conversation.mjs";
import { aControlKeyWorks, aKeyExpires, aKeyIsEdited, aProvidersKeyIsChanged, aSmallBudgetIsRaised } from "./keys.mjs";
import { PAGES, visitAll } from "./pages.mjs";
import { credits, forgotten, inviting, leaving, members, others } from "./people.mjs";
import { thePlayground } from "./playground.mjs";
import { asThem, QUESTIONS, theColumns } from "./questions.mjs";
import { anAlias, exported, moveRules, narrowed, previewRoute, ruleDecides } from "./routing.mjs";
import { thePalette } from "./palette.mjs";
import { PASTED } from "./settle.mjs";
import { singleSignOn } from "./single-sign-on.mjs";
import { accessible, ask, email, open, password, refused, shoot, upstream, url } from "./tools.mjs";

await browse({ colorScheme: "light" }, async (page, complaints) => {
  const step = async (name, does) => {
    await does();
    assert.deepEqual(complaints, [], `the console, after: ${name}`);
    console.log(`✓ ${name}`);
  };
  let key = "";
  let links = {};
  let conversation = "";

  await step("a stranger is asked to sign in, and may register", async () => {
    await page.goto(`${url}/requests`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await accessible(page, "sign in");
    await page.getByRole("link", { name: "Register an organization" }).click();
    await page.getByLabel("Organization").fill("Northwind");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel(/^Password/).fill(password);
    await accessible(page, "register");
    await page.getByRole("button", { name: "Register" }).click();
    key = await page.getByTestId("shown-once").locator("code").innerText();
    assert.match(key, /^sk-promptly-/);
    await page.getByRole("button", { name: /go on/ }).click();
  });

  await step("a provider is connected, and tested by itself", async () => {
    await page.getByRole("heading", { name: "Get started" }).waitFor();
    await shoot(page, "start-empty");
    await page.getByLabel("The provider's API key").fill("sk-upstream-0001");
    await page.getByLabel("Base URL (optional)").fill(`${upstream}/v1`);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText(/^Works/).waitFor();
    await page.getByRole("region", { name: "1. Connect a provider" }).getByText("Done").waitFor();
  });

  await step("pages without figures lead to the first request", async () => {
    for (const name of ["Costs", "Performance"]) {
      await open(page, name);
      await page.getByText("No requests in this period").first().waitFor();
      await accessible(page, `${name}, empty`);
      await page.getByRole("link", { name: "get started", exact: true }).click();
      await page.getByRole("heading", { name: "Get started" }).waitFor();
    }
  });

  await step("a request that fails is told as failed, and its page says why", async () => {
    await page.getByText("Listening.").waitFor();
    await refused(key);
    const failed = page.getByTestId("failed");
    await failed.getByText(/The provider rejected the connected key/).waitFor({ timeout: 15_000 });
    await shoot(page, "start-failed");
    await failed.getByRole("link", { name: "Look at this request" }).click();
    await page.getByRole("row", { name: "Served by nobody" }).waitFor();
    await shoot(page, "request-failed");
    await page.goBack();
  });

  await step("the snippet can be copied, and the first request arrives live", async () => {
    await page.getByText("Listening.").waitFor();
    assert.match(await page.getByLabel("Example for Python", { exact: true }).innerText(), new RegExp(`api_key="${key}", base_url="${url}/v1"`));
    await ask(key, "What is the capital of France?");
    await page.getByTestId("arrived").waitFor({ timeout: 15_000 });
    await shoot(page, "start-done");
  });

  await step("the overview counts what was sent", async () => {
    const long = "Please note   that it is important to name the rivers of the country.\n\n\n\n".repeat(12);
    for (let i = 0; i < 6; i += 1) {
      await ask(key, `Question number ${i}: name ${i + 2} rivers of Portugal.`);
      await ask(key, `${long}Summarise paragraph ${i}.`, { model: i % 2 ? "gpt-4o" : "gpt-4o-mini" });
    }
    await ask(key, "What is the capital of France?");
    await open(page, "Overview");
    await page.getByRole("region", { name: "Requests" }).getByText("15", { exact: true }).waitFor({ timeout: 40_000 });
    await page.getByRole("img", { name: /Spent and saved/ }).waitFor();
  });

  await step("requests arrive live, filters hold, and a receipt adds up", async () => {
    await open(page, "Requests");
    await page.getByText("Up to date").waitFor();
    const rows = page.getByRole("region", { name: "Log" }).locator("tbody tr");
    await rows.nth(13).waitFor();
    const before = await rows.count();
    await ask(key, "A question that comes while somebody looks on: why is the sky blue?");
    await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, before, { timeout: 15_000 });
    await page.getByLabel("Cache", { exact: true }).selectOption("true");
    await page.getByText("cached · exact").first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    await page.getByRole("link", { name: /ago|just now|second/ }).first().click();
    await page.getByText("The lines add up to the last digit.").waitFor();
    await accessible(page, "a request");
    await shoot(page, "request");
    await page.goBack();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Status", { exact: true }).selectOption("cancelled");
    await page.getByText("No request fits these filters").waitFor();
  });

  await step("a key is made, shown once, and revoked", async () => {
    await open(page, "Keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel(/^Name/).fill("Checkout");
    await page.getByRole("button", { name: "Make the key" }).click();
    const second = await page.getByTestId("shown-once").locator("code").innerText();
    await ask(second, "Does this key work as well?");
    await page.getByRole("button", { name: "I have stored it" }).click();
    assert(!(await page.content()).includes(second), "the key is still on the page");
    await page.getByRole("button", { name: /^Revoke Checkout/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("Checkout", { exact: true }).waitFor({ state: "detached" });
  });

  await step("a key expires when it is told to, and not in the past", () => aKeyExpires(page));
  await step("a key is edited, and its spend stands beside its budget", () => aKeyIsEdited(page));
  await step("a budget too small for one request is told as that, and raised on the page", () => aSmallBudgetIsRaised(page));
  await step("a control-plane key is made, works, and is revoked", () => aControlKeyWorks(page));
  await step("a provider's key is changed, and goes to no other address by itself", () => aProvidersKeyIsChanged(page));
  await step("an answer that was wrong for other words is taken back, and the cache is cleared", () => aWrongAnswerIsTakenBack(page, key));
  await step("a rule is made, tested, fires, tells its webhook, and recovers", () => aRuleFires(page, key));

  await step("settings are saved, and the preview shows what they do", async () => {
    await open(page, "Optimization");
    await page.getByRole("form", { name: "Settings" }).getByText("Aggressive", { exact: true }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("In force on every gateway").waitFor();
    await page.getByLabel("Prompt or request").fill(JSON.stringify(PASTED, null, 1));
    await page.getByRole("button", { name: "Show what would be sent" }).click();
    await page.getByTestId("preview").locator("del").first().waitFor();
    await accessible(page, "a preview");
    await page.getByTestId("preview").scrollIntoViewIfNeeded();
    await shoot(page, "preview");
  });

  await step("a share is held out, and the log says who switched it on", async () => {
    await open(page, "Measured");
    await page.getByText("No holdout runs, so nothing is measured").waitFor();
    const form = page.getByRole("form", { name: "Holdout" });
    for (const share of ["5", "0"]) {
      await form.getByLabel(/^Share held out/).fill(share);
      await form.getByRole("button", { name: "Save" }).click();
      await form.getByText(share === "0" ? "Off" : "On", { exact: true }).waitFor();
      if (share === "5") await accessible(page, "a holdout");
    }
    await page.getByRole("region", { name: "Who changed what" }).getByText("Holdout share: 0 → 0.05").waitFor();
    await page.getByRole("row", { name: new RegExp(email) }).first().waitFor();
    await shoot(page, "measured");
  });
  await step("a rule is made, and decides", () => ruleDecides(page, key));
  await step("rules are put in order, by keyboard and by hand", () => moveRules(page));
  await step("a preview says where a request would go", () => previewRoute(page));
  await step("an alias is made, asked for, changed and deleted", () => anAlias(page, key, complaints));
  await step("the log is narrowed to a stretch of time", () => narrowed(page));
  await step("the log is saved as a file", () => exported(page));
  await step("people are invited, and an invitation is withdrawn", async () => {
    links = await inviting(page);
  });
  await step("credits are bought, and seen to arrive", () => credits(page));
  await step("a session's requests stand in order, and add up", async () => {
    conversation = await aConversation(page, key);
  });

  await step("a prompt is sent with the levers and without, by a key that ends with the page", () => thePlayground(page));

  await step("what is sent is kept, tried with other settings, and erased", () => whatIsSentIsKept(page, key));

  await step("every page, on a desk and in a hand, by day and by night", async () => {
    const further = [["conversation", conversation, "Receipt"]];
    for (const scheme of ["light", "dark"]) {
      await page.evaluate((value) => localStorage.setItem("mantine-color-scheme-value", value), scheme);
      await page.setViewportSize({ width: 1280, height: 860 });
      await visitAll(page, `${scheme}-desktop`, further);
      await page.setViewportSize({ width: 390, height: 844 });
      await visitAll(page, `${scheme}-phone`, further);
    }
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  for (const [question, answer] of Object.entries(QUESTIONS)) {
    await step(`${question}: clicks enough`, () =>
      browse({ colorScheme: "light" }, async (other, theirs) => {
        await asThem(other);
        await answer(other, (name) => shoot(other, `question-${name}`));
        assert.deepEqual(theirs, [], "the console of whoever asked");
      }),
    );
  }

  await step("the log's columns are chosen and sorted, and fit a phone", () =>
    browse({ colorScheme: "light" }, async (other, theirs) => {
      await asThem(other);
      await theColumns(other, (name) => shoot(other, name));
      assert.deepEqual(theirs, [], "the console of whoever chose");
    }),
  );
  await step("whoever accepts an invitation does what the role allows, as long as it does", () => members(page, complaints, links, PAGES));
  await step("a forgotten password is answered alike, whoever asks", () => forgotten());
  await step("GitHub signs in, declines, and is linked to an account that is there", () => others());
  await step("an organization's own provider signs in by groups, and is trusted with callers", () => singleSignOn());
  await step("an organization is renamed and deleted, and nothing of it works any more", () => leaving(upstream));

  await step("the keyboard leads through", async () => {
    await page.goto(url);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the page");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
    await accessible(page, "the list of shortcuts");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.getByRole("heading", { name: "Costs", level: 1 }).waitFor();
    await page.keyboard.press("/");
    await page.waitForFunction(() => document.activeElement?.closest("[role=search]"));
  });
  await step("from anywhere a page, an action or a request is a few keys away", () => thePalette(page));

  await step("nothing secret is kept but the token, a new tab needs no sign-in, and a sign-out ends all of them", async () => {
    const second = await page.context().newPage();
    await second.goto(`${url}/alerts`);
    await second.getByRole("heading", { name: "Alerts", level: 1 }).waitFor();
    assert.deepEqual(await second.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage)]), [["promptly-session"], ["mantine-color-scheme-value"]]);
    const kept = await page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }));
    assert.deepEqual(Object.keys(kept.session), ["promptly-session"]);
    assert.deepEqual(Object.keys(kept.local), ["mantine-color-scheme-value"]);
    const token = kept.session["promptly-session"];
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await second.close();
    const stolen = await fetch(`${url}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(stolen.status, 401);
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
  });

  await step("the policy blocks an injected script", async () => {
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
      return "injected" in window;
    });
    assert.equal(ran, false);
    assert(complaints.length > 0 && complaints.every((one) => one.includes("Content Security Policy")), complaints.join("\n"));
    complaints.length = 0;
  });

  await step("a wrong password is told, and the right one signs in", async () => {
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel(/^Password/).fill("not this one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes("a status of 401 "))); // the browser's own line
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });
});
