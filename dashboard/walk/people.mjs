// Who belongs to an organization, how they get in, and how they leave.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { browse } from "./browser.mjs";
import { accessible, api, ask, email, open, password, shoot, until as eventually, url } from "./tools.mjs";

const oauth = process.env.OAUTH_URL;
const webhookSecret = process.env.STRIPE_WEBHOOK_SECRET;
// Whatever a viewer may not do; the words of a button's name, wherever it stands.
const VERBS =
  /^(New|Make|Add|Edit|Change|Save|Undo|Revoke|Replace|Rotate|Remove|Connect|Test|Clear|Wrong|Mark|Take|Invite|Withdraw|Delete|Buy|Rename|Move|Grant|Enable|Disable|Activate|Pause)\b/i;
const OWN = ["Change the password"];

/** The browser's own line about an answer that was to be expected. */
function forgive(complaints, ...statuses) {
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !statuses.some((status) => one.includes(`a status of ${status} `))));
}

const tokenOf = (page) => page.evaluate(() => sessionStorage.getItem("promptly-session"));

/** Asks until the answer is the one that is waited for. */
async function until(status, path, token) {
  const end = Date.now() + 15_000;
  for (;;) {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status === status) return;
    assert(Date.now() < end, `${path} still answers ${answer.status}, not ${status}`);
  }
}

async function signIn(page, who, secret = password) {
  await page.getByLabel("E-mail").fill(who);
  await page.getByLabel(/^Password/).fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signOut(page) {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Invites somebody on the page; the link as it was copied. */
async function invite(page, who, role) {
  const form = page.getByRole("form", { name: "Invite somebody" });
  await form.getByLabel(/^E-mail/).fill(who);
  await form.getByLabel("Role").selectOption(role);
  await form.getByRole("button", { name: "Invite", exact: true }).click();
  const made = page.getByTestId("invited").filter({ hasText: `${who} is invited` });
  await made.getByText(/A mail with this link is on its way.* It works once/).waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await made.getByRole("button", { name: "Copy the link" }).click();
  await made.getByRole("button", { name: "Copied" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/auth\/invite#token=/);
  assert.equal(link, await made.locator("code").innerText());
  await accessible(page, "an invitation that was made");
  await shoot(page, "invited");
  await made.getByRole("button", { name: "Done" }).click();
  assert(!(await page.content()).includes(link), "the link is still on the page");
  return link;
}

async function join(page, link) {
  await page.goto(link);
  await page.getByRole("heading", { name: "Accept the invitation" }).waitFor();
  await accessible(page, "an invitation");
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

async function seesNoButtons(page, pages) {
  for (const [name, path, panel] of pages) {
    await page.goto(url + path);
    await page.getByRole("region", { name: panel }).waitFor();
    await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
    const names = await page.getByRole("button").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent ?? ""));
    const forbidden = names.filter((one) => VERBS.test(one) && !OWN.includes(one));
    assert.deepEqual(forbidden, [], `a viewer on ${name}`);
    const switches = page.getByRole("main").getByRole("switch", { disabled: false });
    assert.equal(await switches.count(), name === "requests" ? 1 : 0, `a viewer on ${name}`); // the log's own, for its liveness
  }
}

/** An invitation is made, one is withdrawn, and one stays open for the pictures. */
export async function inviting(page) {
  await open(page, "Team");
  await page.getByText("you", { exact: true }).waitFor();
  await invite(page, `gone-${email}`, "admin");
  await page.getByRole("button", { name: `Withdraw the invitation of gone-${email}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("No invitation is open.").waitFor();
  return { member: await invite(page, `member-${email}`, "member"), viewer: await invite(page, `viewer-${email}`, "viewer") };
}

/** A member works until the role is taken away; the page that was open asks to sign in and is shown again. */
export async function members(page, complaints, links, pages) {
  await browse({}, async (other, theirs) => {
    await join(other, links.member);
    await other.goto(`${url}/keys`);
    await other.getByRole("button", { name: "New key" }).waitFor();
    assert.equal(await other.getByRole("button", { name: /Connect|Remove/ }).count(), 0);
    const token = await tokenOf(other);

    await page.goto(`${url}/team`);
    const role = page.getByRole("form", { name: `Role of member-${email}` });
    await role.getByRole("combobox").selectOption("viewer");
    await role.getByRole("button", { name: /^Save/ }).click();
    await role.getByRole("button", { name: /^Save/ }).waitFor({ state: "detached" });
    await until(401, "/api/auth/me", token);
    await other.getByRole("link", { name: "Team", exact: true }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    forgive(theirs, 401);
    await signIn(other, `member-${email}`);
    await other.getByRole("heading", { name: "Team" }).waitFor();
    await other.getByText("Admins invite and change members").waitFor();
    assert.equal(new URL(other.url()).pathname, "/team");
    const again = await tokenOf(other);

    await page.getByRole("button", { name: `Remove member-${email}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await role.waitFor({ state: "detached" });
    await until(401, "/api/auth/me", again);
    assert.deepEqual(theirs, [], "the member's console");
  });
  await browse({}, async (other, theirs) => {
    await join(other, links.viewer);
    await seesNoButtons(other, pages);
    await other.goto(`${url}/team`);
    await other.getByText("Admins invite and change members").waitFor();
    await shoot(other, "viewer-team");
    assert.deepEqual(theirs, [], "the viewer's console");
  });
  await page.reload();
  const own = page.getByRole("form", { name: `Role of ${email}` });
  await own.getByRole("combobox").selectOption("viewer");
  await own.getByRole("button", { name: /^Save/ }).click();
  await own.getByRole("alert").getByText(/An organization needs an admin/).waitFor();
  forgive(complaints, 409);
  await accessible(page, "a refused role");
  await shoot(page, "last-admin");
}

/** Credits are paid for on Stripe's page, and arrive when Stripe says so. */
export async function credits(page) {
  await open(page, "Credits");
  await page.getByTestId("balance").waitFor();
  await page.getByLabel(/^Pounds/).fill("12.34");
  await page.getByText("That is 123,400,000 tokens.").waitFor();
  await page.getByRole("button", { name: "Buy", exact: true }).click();
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByText("Nothing was bought").waitFor();
  await page.getByLabel(/^Pounds/).fill("12.34");
  await page.getByRole("button", { name: "Buy", exact: true }).click();
  await page.getByRole("link", { name: "Pay" }).click();
  await page.getByText("The credits arrive within a minute.").waitFor();
  await accessible(page, "a payment under way");
  const session = new URL(page.url()).searchParams.get("session_id");
  const { org } = await api(page, "GET", "/api/auth/me");
  const told = { id: session, payment_status: "paid", currency: "gbp", amount_total: 1234, metadata: { org_id: org.id } };
  await tell({ id: `evt_${session}`, type: "checkout.session.completed", data: { object: told } });
  await page.getByText("123,400,000 tokens have arrived.").waitFor();
  await page.getByTestId("balance").getByText("124,400,000 tokens").waitFor();
  await page.getByRole("region", { name: "Purchases" }).getByText("£12.34").waitFor();
  await shoot(page, "credits-arrived");
}

/** What Stripe signs. */
async function tell(event) {
  const body = JSON.stringify(event);
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", webhookSecret).update(`${at}.${body}`).digest("hex");
  const answer = await fetch(`${url}/api/billing/webhook`, { method: "POST", body, headers: { "content-type": "application/json", "stripe-signature": `t=${at},v1=${signature}` } });
  assert.equal(answer.status, 200, await answer.text());
}

/** A forgotten password is answered alike, whoever asks. */
export async function forgotten() {
  await browse({}, async (page, complaints) => {
    const said = [];
    for (const who of [email, `nobody-${email}`]) {
      await page.goto(`${url}/login`);
      await page.getByRole("link", { name: "Forgot your password?" }).click();
      await page.getByRole("heading", { name: "Forgotten password" }).waitFor();
      await page.getByLabel("E-mail").fill(who);
      await accessible(page, "a forgotten password");
      await shoot(page, "forgot");
      await page.getByRole("button", { name: "Mail me a link" }).click();
      said.push(await page.getByRole("status").innerText());
    }
    assert.equal(said[0], said[1]);
    assert.match(said[0], /a mail with a link is on its way/);
    assert.deepEqual(complaints, [], "the console of whoever forgot");
  });
}

async function sits(person) {
  const answer = await fetch(`${oauth}/_control`, { method: "POST", body: JSON.stringify(person) });
  assert.equal(answer.status, 204);
}

/** Somebody signs in through GitHub, is declined, and is told that an account is there already; then links it. */
export async function others() {
  const octo = `octo-${email}`;
  await browse({}, async (page, complaints) => {
    await sits({ id: 1, email: octo, denies: true });
    await page.goto(`${url}/team?from=mail`);
    await page.getByRole("link", { name: "Continue with GitHub" }).click();
    await page.getByRole("alert").getByText("The sign-in was declined").waitFor();
    assert.equal(new URL(page.url()).search, "", "the error is still in the address");
    await accessible(page, "a declined sign-in");
    await shoot(page, "declined");
    await page.getByRole("link", { name: "Sign in" }).click();

    await sits({ id: 1, email: octo });
    await page.getByRole("form", { name: "Sign in" }).waitFor();
    await accessible(page, "signing in, with others");
    await shoot(page, "sign-in");
    await page.getByRole("link", { name: "Continue with GitHub" }).click();
    await page.getByRole("heading", { name: "Team" }).waitFor();
    await page.getByText("A personal account has one user").waitFor();
    assert.equal(page.url(), `${url}/team?from=mail`);
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), ["promptly-session"]);
    await open(page, "Organization");
    await page.getByText("This account has no password").waitFor();
    await signOut(page);
    assert.deepEqual(complaints, [], "the console of whoever came through GitHub");
  });
  await browse({}, async (page, complaints) => {
    const mine = `southwind-${email}`;
    await register(page, "Southwind", mine);
    await confirm(page, mine); // nobody else's sign-in is linked to an address that may be another's
    await signOut(page);
    await sits({ id: 2, email: mine });
    await page.getByRole("link", { name: "Continue with GitHub" }).click();
    await page.getByRole("alert").getByText("This e-mail address has an account already").waitFor();
    await page.getByRole("link", { name: "Sign in" }).click();
    await signIn(page, mine);
    await open(page, "Organization");
    await page.getByRole("button", { name: "Link GitHub" }).click();
    await page.getByText("linked", { exact: true }).waitFor();
    await shoot(page, "linked");
    await signOut(page);
    await page.getByRole("link", { name: "Continue with GitHub" }).click();
    await page.getByRole("button", { name: `Account of ${mine}` }).waitFor();
    assert.deepEqual(complaints, [], "the console of whoever linked GitHub");
  });
}

/** Confirms the address of whoever is signed in, with the code out of their mail. */
async function confirm(page, who) {
  await api(page, "POST", "/api/auth/verify/mail");
  let code;
  await eventually("the code is mailed", async () => {
    for (const file of await readdir(process.env.MAILS)) {
      const { to, text } = JSON.parse(await readFile(`${process.env.MAILS}/${file}`, "utf8"));
      if (to.includes(who)) code = /with this code:\s+(\S+)/.exec(text)?.[1] ?? code;
    }
    return code !== undefined;
  });
  const token = await tokenOf(page);
  const answer = await fetch(`${url}/api/auth/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ token: code }),
  });
  assert.equal(answer.status, 204, await answer.text());
}

/** Registers an organization; its first key. */
export async function register(page, name, who) {
  await page.goto(`${url}/register`);
  await page.getByLabel("Organization").fill(name);
  await page.getByLabel("E-mail").fill(who);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Register", exact: true }).click();
  const key = await page.getByTestId("shown-once").locator("code").innerText();
  await page.getByRole("button", { name: /go on/ }).click();
  await page.getByRole("heading", { name: "Get started" }).waitFor();
  return key;
}

/** An organization of its own: renamed, its password changed, and deleted with all that could use it. */
export async function leaving(upstream) {
  await browse({}, async (page, complaints) => {
    const mine = `leaving-${email}`;
    const changed = "another battery staple";
    const key = await register(page, "Eastwind", mine);
    await api(page, "POST", "/api/keys/providers", { provider: "openai", api_key: "sk-upstream-0001", base_url: `${upstream}/v1` });
    await ask(key, "Does this organization still exist?");
    await open(page, "Organization");
    await page.getByLabel(/^Name/).fill("Westwind");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("button", { name: "Delete Westwind" }).waitFor();

    const before = await tokenOf(page);
    await page.getByLabel(/^Old password/).fill("not this one");
    await page.getByLabel(/^New password/).fill(changed);
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("The old password is wrong.").waitFor();
    forgive(complaints, 400);
    await page.getByLabel(/^Old password/).fill(password);
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("Changed. Every other session of yours has ended.").waitFor();
    await until(401, "/api/auth/me", before);
    await signOut(page);
    await signIn(page, mine, changed);
    await page.getByRole("heading", { name: "Overview" }).waitFor();

    await open(page, "Organization");
    const token = await tokenOf(page);
    assert(await page.getByRole("button", { name: "Delete Westwind" }).isDisabled());
    await page.getByLabel(/type its name/).fill("Westwind");
    await accessible(page, "a deletion");
    await shoot(page, "deletion");
    await page.getByRole("button", { name: "Delete Westwind" }).click();
    await page.getByRole("heading", { name: "The organization is deleted" }).waitFor();
    await accessible(page, "a deleted organization");
    await shoot(page, "deleted");
    await until(401, "/api/auth/me", token);
    await until(401, "/v1/models", key);
    await page.getByRole("link", { name: "Sign in to another one" }).click();
    await signIn(page, mine, changed);
    await page.getByRole("alert").waitFor();
    forgive(complaints, 401);
    assert.deepEqual(complaints, [], "the console of whoever left");
  });
}
