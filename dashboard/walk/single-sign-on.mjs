// The organization's own identity provider: people come in by their groups, and its tokens are taken on /v1.
import assert from "node:assert/strict";
import { browse } from "./browser.mjs";
import { register, signOut } from "./people.mjs";
import { accessible, api, email, onPhone, open, shoot, url } from "./tools.mjs";

const provider = process.env.OIDC_URL;

async function sits(person) {
  const answer = await fetch(`${provider}/_control`, { method: "POST", body: JSON.stringify(person) });
  assert.equal(answer.status, 204);
}

/** An admin trusts the issuer, and somebody of its groups signs in, is a member, and is one no longer. */
export async function singleSignOn() {
  let organization;
  await browse({}, async (page, complaints) => {
    await register(page, "Eastwind", `eastwind-${email}`);
    organization = (await api(page, "GET", "/api/org")).id;
    await open(page, "Organization");
    await page.getByText("No trusted issuers").waitFor();
    await page.getByRole("button", { name: "Trust an issuer" }).click();
    const form = page.getByRole("form", { name: "Trust an issuer" });
    await form.getByLabel(/^Issuer/).fill(provider);
    await form.getByLabel(/^Audience/).fill(organization);
    await form.getByLabel(/^Claim of the user/).fill("email");
    await form.getByLabel(/^Required claims/).fill("tenant=eastwind");
    await accessible(page, "trusting an issuer");
    await form.getByRole("button", { name: "Trust the issuer" }).click();
    await page.getByText("tenant = eastwind").waitFor();
    await shoot(page, "trusted-issuer");
    await onPhone(page, "trusted issuer");
    await page.getByRole("button", { name: `Remove ${provider} for ${organization}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("No trusted issuers").waitFor();
    await signOut(page);
    assert.deepEqual(complaints, [], "the console of whoever trusted an issuer");
  });
  await browse({}, async (page, complaints) => {
    const who = { sub: email, email: `sso-${email}`, organization };
    await sits({ ...who, groups: ["staff"] });
    await page.goto(`${url}/team`);
    await page.getByRole("link", { name: "Sign in with Eastwind" }).waitFor();
    await accessible(page, "signing in, with a provider of one's own");
    await page.getByRole("link", { name: "Sign in with Eastwind" }).click();
    await page.getByRole("heading", { name: "Team" }).waitFor();
    await page.getByRole("button", { name: `Account of ${who.email}` }).waitFor();
    await open(page, "Organization");
    await page.getByText("This account has no password").waitFor();
    await signOut(page);
    await sits({ ...who, groups: [] });
    await page.getByRole("link", { name: "Sign in with Eastwind" }).click();
    await page.getByRole("alert").getByText("You are in no group").waitFor();
    assert.equal(new URL(page.url()).search, "", "the error is still in the address");
    assert.deepEqual(complaints, [], "the console of whoever came through a provider of their own");
  });
}
