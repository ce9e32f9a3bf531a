import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { session } from "../src/api/session";
import Credits, { tokensFor } from "../src/pages/Credits";
import Organization from "../src/pages/Organization";
import Team from "../src/pages/Team";
import { ME, play } from "./api";
import { show } from "./show";

const GRACE = { id: "usr_2", email: "grace@example.com", role: "member", created_at: "2026-01-02T00:00:00Z" };
const INVITE = {
  id: "inv_1",
  email: "joan@example.com",
  role: "viewer",
  invited_by: "usr_1",
  created_at: "2026-01-03T00:00:00Z",
  expires_at: "2026-01-06T00:00:00Z",
};
const MEMBERS = { body: { members: [ME.user, GRACE] } };
const LEFT = { balance_tokens: 1_000_000, currency: "GBP", price_per_million_tokens: 0.1, minimum_purchase_gbp: 5, can_buy: true };
const PURCHASE = { id: "purchase:cs_1", kind: "purchase", tokens: 123_400_000, amount_gbp: 12.34, reference: "cs_1", time: "2026-01-02T00:00:00Z" };
const ACCOUNT = {
  "GET /api/auth/sign-ins": { body: { password: true, oauth: ["github"] } },
  "GET /api/auth/options": { body: { registration: "open", oauth: ["github", "google"], mail: true } },
  "GET /api/issuers": { body: { issuers: [] } },
  "GET /api/captures": { body: { captures: [], total: 0 } },
  "GET /api/optimization/settings": { body: { capture: "none" } },
  "GET /api/keys/platform": { body: { keys: [] } },
};

it("an invitation's link is shown once, with what becomes of it, and can be withdrawn", async () => {
  let open: unknown[] = [];
  const asked = play({
    "GET /api/team/members": MEMBERS,
    "GET /api/team/invites": () => ({ body: { invites: open } }),
    "POST /api/team/invite": () => {
      open = [INVITE];
      return { status: 201, body: { ...INVITE, link: "https://p.example.com/auth/invite#token=secret-1", mailed: false } };
    },
    "DELETE /api/team/invites/inv_1": () => {
      open = [];
      return { status: 204 };
    },
  });
  show(<Team />);
  const user = userEvent.setup();
  expect(await screen.findByText("No invitation is open.")).toBeTruthy();
  const form = screen.getByRole("form", { name: "Invite somebody" });
  await user.type(within(form).getByLabelText(/E-mail/), "joan@example.com");
  await user.selectOptions(within(form).getByLabelText("Role"), "viewer");
  await user.click(within(form).getByRole("button", { name: "Invite" }));
  const made = await screen.findByTestId("invited");
  expect(made.textContent).toContain("send them this link yourself");
  expect(made.textContent).toContain("It works once");
  expect(within(made).getByText(/#token=secret-1$/)).toBeTruthy();
  expect(within(made).getByRole("button", { name: "Copy the link" })).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/team/invite")?.body).toEqual({ email: "joan@example.com", role: "viewer" });
  await user.click(await screen.findByRole("button", { name: "Withdraw the invitation of joan@example.com" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Withdraw" }));
  expect(await screen.findByText("No invitation is open.")).toBeTruthy();
  expect(screen.queryByText(/secret-1/)).toBeNull();
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain("secret-1");
});

it("a taken address is told beside the form", async () => {
  play({
    "GET /api/team/members": MEMBERS,
    "GET /api/team/invites": { body: { invites: [] } },
    "POST /api/team/invite": { status: 409, body: { detail: "This e-mail address is already registered." } },
  });
  show(<Team />);
  const form = await screen.findByRole("form", { name: "Invite somebody" });
  await userEvent.type(within(form).getByLabelText(/E-mail/), "grace@example.com");
  await userEvent.click(within(form).getByRole("button", { name: "Invite" }));
  expect((await within(form).findByRole("alert")).textContent).toBe("This e-mail address is already registered.");
});

it("a role is changed by a button of its own, and the last admin's refusal is told", async () => {
  const asked = play({
    "GET /api/team/members": MEMBERS,
    "GET /api/team/invites": { body: { invites: [] } },
    "PUT /api/team/members/usr_1": { status: 409, body: { detail: "An organization needs an admin; make somebody else one first." } },
    "PUT /api/team/members/usr_2": { body: { ...GRACE, role: "viewer" } },
  });
  show(<Team />);
  const user = userEvent.setup();
  expect(await screen.findByText("you")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Save the role/ })).toBeNull();
  const own = screen.getByRole("form", { name: "Role of ada@example.com" });
  await user.selectOptions(within(own).getByRole("combobox"), "viewer");
  expect(within(own).getByText("You can no longer change the team then.")).toBeTruthy();
  await user.click(within(own).getByRole("button", { name: "Save the role of ada@example.com" }));
  expect((await within(own).findByRole("alert")).textContent).toContain("An organization needs an admin");
  const other = screen.getByRole("form", { name: "Role of grace@example.com" });
  await user.selectOptions(within(other).getByRole("combobox"), "viewer");
  await user.click(within(other).getByRole("button", { name: "Save the role of grace@example.com" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/team/members/usr_2")?.body).toEqual({ role: "viewer" }));
});

it("a viewer sees who belongs to the team, and nothing is asked that only admins may", async () => {
  const asked = play({ "GET /api/team/members": MEMBERS, "GET /api/billing/credits": { body: LEFT }, ...ACCOUNT });
  show(
    <>
      <Team />
      <Organization />
      <Credits />
    </>,
    "viewer",
  );
  expect(await screen.findByText("grace@example.com")).toBeTruthy();
  expect(await screen.findByText("An admin of your organization buys them.")).toBeTruthy();
  for (const name of [/Invite/, /Remove/, /^Save/, /Rename/, /^Delete/, /^Buy/]) expect(screen.queryByRole("button", { name })).toBeNull();
  expect(await screen.findByRole("button", { name: "Change the password" })).toBeTruthy();
  expect(asked.map((one) => one.route)).not.toContain("GET /api/team/invites");
  expect(asked.map((one) => one.route)).not.toContain("GET /api/billing/purchases");
});

it("a personal account is told what to do instead of inviting", async () => {
  play({ "GET /api/team/members": { body: { members: [ME.user] } } });
  show(<Team />, "admin", "personal");
  expect(await screen.findByText("A personal account has one user")).toBeTruthy();
  expect(screen.queryByRole("form", { name: "Invite somebody" })).toBeNull();
});

it("a changed password brings a new session; a wrong old one is told beside its field", async () => {
  session.begin("before");
  let good = false;
  const wrong = { status: 400, body: { detail: "The old password is wrong.", errors: [{ field: "old_password", message: "The old password is wrong." }] } };
  const asked = play({ ...ACCOUNT, "POST /api/auth/password": () => (good ? { body: { ...ME, token: "after" } } : wrong) });
  show(<Organization />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText(/^Old password/), "correct horse");
  await user.type(screen.getByLabelText(/^New password/), "another horse");
  await user.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("The old password is wrong.")).toBeTruthy();
  expect(session.token()).toBe("before");
  good = true;
  await user.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("Changed. Every other session of yours has ended.")).toBeTruthy();
  expect(session.token()).toBe("after");
  expect(asked.findLast((one) => one.route === "POST /api/auth/password")?.body).toEqual({ old_password: "correct horse", new_password: "another horse" });
  expect(screen.getByLabelText<HTMLInputElement>(/^New password/).value).toBe("");
});

it("what is linked is told, and the rest can be linked", async () => {
  const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
  play({ ...ACCOUNT, "POST /api/auth/oauth/google/link": { body: { url: "https://accounts.example.com/o" } } });
  show(<Organization />);
  await userEvent.click(await screen.findByRole("button", { name: "Link Google" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith("https://accounts.example.com/o"));
  expect(screen.queryByRole("button", { name: "Link GitHub" })).toBeNull();
  assign.mockRestore();
});

it("whoever has no password is mailed a way to one", async () => {
  const asked = play({
    ...ACCOUNT,
    "GET /api/auth/sign-ins": { body: { password: false, oauth: ["github"] } },
    "POST /api/auth/password/reset": { status: 202, body: { detail: "On its way." } },
  });
  show(<Organization />);
  await userEvent.click(await screen.findByRole("button", { name: "Mail me a link to set one" }));
  expect(await screen.findByText("A mail with a link is on its way to ada@example.com.")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("POST"))?.body).toEqual({ email: "ada@example.com" });
});

it("an admin chooses reports, and sees what one says", async () => {
  const asked = play({
    ...ACCOUNT,
    "GET /api/reports": { body: { mail: true, monthly: false, weekly: false } },
    "PUT /api/reports": { body: { mail: true, monthly: true, weekly: false } },
    "GET /api/reports/preview": { body: { from: "2025-12-01T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z", subject: "[Promptly] Northwind: December 2025, $3.00", text: "Northwind: December 2025\n", html: "" } },
  });
  show(<Organization />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("switch", { name: "Every month" }));
  await waitFor(() => expect(screen.getByRole<HTMLInputElement>("switch", { name: "Every month" }).checked).toBe(true));
  expect(asked.find((one) => one.route === "PUT /api/reports")?.body).toEqual({ monthly: true, weekly: false });
  await user.click(screen.getByRole("button", { name: "Show last month's" }));
  expect(await screen.findByText("[Promptly] Northwind: December 2025, $3.00")).toBeTruthy();
  expect(asked.find((one) => one.route === "GET /api/reports/preview")?.query).toBe("period=month");
});

it("where no mail server is, reports cannot be switched on, and why is told", async () => {
  play({ ...ACCOUNT, "GET /api/reports": { body: { mail: false, monthly: false, weekly: false } } });
  show(<Organization />);
  expect(await screen.findByText(/No mail server is set up here/)).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>("switch", { name: "Every month" }).disabled).toBe(true);
});

it("an organization is renamed, and deleted only with its name typed", async () => {
  session.begin("abc");
  const asked = play({ ...ACCOUNT, "PUT /api/org": { body: { ...ME.org, name: "Southwind" } }, "DELETE /api/org": { status: 204 } });
  show(<Organization />);
  const user = userEvent.setup();
  const name = screen.getByLabelText(/^Name/);
  await user.clear(name);
  await user.type(name, " Southwind ");
  await user.click(screen.getByRole("button", { name: "Rename" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/org")?.body).toEqual({ name: "Southwind" }));
  const erase = screen.getByRole<HTMLButtonElement>("button", { name: "Delete Northwind" });
  await user.type(screen.getByLabelText(/type its name: Northwind/), "Northwin");
  expect(erase.disabled).toBe(true);
  await user.type(screen.getByLabelText(/type its name: Northwind/), "d");
  await user.click(erase);
  await waitFor(() => expect(session.token()).toBeNull());
  expect(asked.find((one) => one.route === "DELETE /api/org")?.body).toEqual({ name: "Northwind" });
  expect(window.location.pathname).toBe("/deleted");
});

it("credits are bought to the penny, on Stripe's page", async () => {
  const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
  const asked = play({
    "GET /api/billing/credits": { body: LEFT },
    "GET /api/billing/purchases": { body: { purchases: [PURCHASE] } },
    "POST /api/billing/credits/checkout": { body: { session_id: "cs_1", url: "https://checkout.example.com/cs_1" } },
  });
  show(<Credits />);
  const user = userEvent.setup();
  expect((await screen.findByTestId("balance")).textContent).toBe("1,000,000 tokens");
  expect(screen.getByText(/^Worth £0.10,/)).toBeTruthy();
  expect(await screen.findByText("£12.34")).toBeTruthy();
  const pounds = screen.getByLabelText(/^Pounds/);
  await user.clear(pounds);
  await user.type(pounds, "12.34");
  expect(screen.getByText("That is 123,400,000 tokens.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Buy" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith("https://checkout.example.com/cs_1"));
  expect(asked.find((one) => one.route.startsWith("POST"))?.body).toEqual({ amount_gbp: 12.34 });
  const left = () => screen.getByRole("button", { name: "Buy" }).hasAttribute("data-loading");
  expect(left()).toBe(true);
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })); // the browser's button for going back
  await waitFor(() => expect(left()).toBe(false));
  assign.mockRestore();
});

it("a sum that is refused is told beside its field", async () => {
  const said = "amount_gbp: between £5.00 and £10,000.00.";
  play({
    "GET /api/billing/credits": { body: LEFT },
    "GET /api/billing/purchases": { body: { purchases: [] } },
    "POST /api/billing/credits/checkout": { status: 400, body: { detail: said, errors: [{ field: "amount_gbp", message: "out of range" }] } },
  });
  show(<Credits />);
  await userEvent.click(await screen.findByRole("button", { name: "Buy" }));
  expect(await screen.findByText("Between £5.00 and £10,000.00.")).toBeTruthy();
});

it("where nothing is sold or counted, that is said", async () => {
  let left: unknown = { ...LEFT, can_buy: false };
  play({ "GET /api/billing/credits": () => ({ body: left }), "GET /api/billing/purchases": { body: { purchases: [] } } });
  const first = show(<Credits />);
  expect(await screen.findByText(/Credits are not sold here/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Buy" })).toBeNull();
  first.unmount();
  left = { ...LEFT, balance_tokens: null };
  show(<Credits />);
  expect(await screen.findByText("Credits are not counted here")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Buy" })).toBeNull();
});

it("whoever paid is told so, and asks on until the credits have come", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  window.history.replaceState(null, "", "/credits?checkout=done&session_id=cs_1");
  let bought: unknown[] = [];
  const asked = play({ "GET /api/billing/credits": { body: LEFT }, "GET /api/billing/purchases": () => ({ body: { purchases: bought } }) });
  const told = () => asked.filter((one) => one.route === "GET /api/billing/purchases").length;
  show(<Credits />);
  expect(await screen.findByText("The credits arrive within a minute.")).toBeTruthy();
  await vi.advanceTimersByTimeAsync(3100);
  expect(told()).toBe(2);
  bought = [PURCHASE];
  await vi.advanceTimersByTimeAsync(3100);
  expect(await screen.findByText("123,400,000 tokens have arrived.")).toBeTruthy();
  const until = told();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told()).toBe(until);
  vi.useRealTimers();
});

it("whoever paid and waits in vain is told what to do, and nothing is asked any more", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  window.history.replaceState(null, "", "/credits?checkout=done&session_id=cs_2");
  const asked = play({ "GET /api/billing/credits": { body: LEFT }, "GET /api/billing/purchases": { body: { purchases: [] } } });
  show(<Credits />);
  await vi.advanceTimersByTimeAsync(121_000);
  expect(await screen.findByText("Not arrived yet")).toBeTruthy();
  const until = asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length).toBe(until);
  vi.useRealTimers();
});

it("a sum of pounds is a whole number of tokens", () => {
  expect([5, 12.34, 0.29, 1.1].map((gbp) => tokensFor(gbp, 0.1))).toEqual([50_000_000, 123_400_000, 2_900_000, 11_000_000]);
});

const KEY = { id: "key_1", name: "callers", prefix: "sk-promptly-", last_four: "x7Qa", scopes: ["chat"], rpm: 500, monthly_budget_usd: null, expires_at: null, created_by: "usr_1", created_at: "2026-01-01T00:00:00Z", last_used_at: null };
const ISSUER = { id: "iss_1", issuer: "https://login.example.com", audience: "promptly", key_id: "key_1", user_claim: "email", tag_claim: null, required_claims: { hd: "example.com" }, created_at: "2026-01-01T00:00:00Z" };

it("an issuer is trusted with what was written, and removed again", async () => {
  let all: unknown[] = [];
  const asked = play({
    ...ACCOUNT,
    "GET /api/keys/platform": { body: { keys: [KEY] } },
    "GET /api/issuers": () => ({ body: { issuers: all } }),
    "POST /api/issuers": () => {
      all = [ISSUER];
      return { status: 201, body: ISSUER };
    },
    "DELETE /api/issuers/iss_1": () => {
      all = [];
      return { status: 204 };
    },
  });
  show(<Organization />);
  const user = userEvent.setup();
  expect(await screen.findByText("No trusted issuers")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Trust an issuer" }));
  const form = await screen.findByRole("form", { name: "Trust an issuer" });
  await user.type(within(form).getByLabelText(/^Issuer/), "https://login.example.com");
  await user.type(within(form).getByLabelText(/^Audience/), "promptly");
  await user.clear(within(form).getByLabelText(/^Claim of the user/));
  await user.type(within(form).getByLabelText(/^Claim of the user/), "email");
  await user.type(within(form).getByLabelText(/^Required claims/), "hd");
  await user.click(within(form).getByRole("button", { name: "Trust the issuer" }));
  expect(await within(form).findByText("Write each as claim=value, with commas between them.")).toBeTruthy();
  await user.type(within(form).getByLabelText(/^Required claims/), "=example.com");
  await user.click(within(form).getByRole("button", { name: "Trust the issuer" }));
  expect(await screen.findByText("callers …x7Qa")).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/issuers")?.body).toEqual({
    issuer: "https://login.example.com",
    audience: "promptly",
    key_id: "key_1",
    user_claim: "email",
    tag_claim: null,
    required_claims: { hd: "example.com" },
  });
  expect(screen.getByText("hd = example.com")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Remove https://login.example.com for promptly" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("No trusted issuers")).toBeTruthy();
});

it("a suspended member is told", async () => {
  play({ "GET /api/team/members": { body: { members: [ME.user, { ...GRACE, suspended: true }] } }, "GET /api/team/invites": { body: { invites: [] } } });
  show(<Team />);
  expect(await screen.findByText("suspended")).toBeTruthy();
  expect(screen.getAllByText("suspended")).toHaveLength(1);
});
