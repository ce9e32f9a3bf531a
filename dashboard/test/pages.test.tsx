import { screen, waitFor, within } from "@testing-library/react";
import { QueryClient } from "@tanstack/react-query";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Schema } from "../src/api/client";
import { me, settle } from "../src/api/queries";
import { session } from "../src/api/session";
import Keys from "../src/pages/Keys";
import Optimization from "../src/pages/Optimization";
import Requests from "../src/pages/Requests";
import { SetPassword } from "../src/pages/SetPassword";
import { SignIn } from "../src/pages/SignIn";
import { PROVIDERS, ME, play } from "./api";
import { show } from "./show";

const KEY = {
  id: "key_1",
  name: "Checkout",
  prefix: "sk-promptly-",
  last_four: "wxyz",
  scopes: ["chat"],
  rpm: 500,
  monthly_budget_usd: null,
  expires_at: null,
  created_by: "usr_1",
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: null,
};
const SETTINGS = {
  level: "moderate",
  whitespace_removal: true,
  redundancy_elimination: true,
  system_prompt_compression: true,
  context_pruning: true,
  cache_enabled: true,
  cache_similarity_threshold: 0.95,
  cache_ttl_seconds: 3600,
  routing_mode: "auto",
  values_line: true,
  extraction: false,
  cost_quality: null,
  substitute_unreachable: false,
  rules_in_manual: false,
  older_generations: false,
  store_responses: true,
  prefix_caching: true,
  deferral: true,
  holdout_share: 0,
  capture: "none",
  effort: "off",
  tool_definitions: "off",
  images: "off",
  lever_shares: {},
};

it("signing in keeps the token, and tells a wrong password", async () => {
  let good = false;
  play({ "POST /api/auth/login": () => (good ? { body: { token: "abc" } } : { status: 401, body: { detail: "Wrong e-mail or password." } }) });
  show(<SignIn registering={false} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText(/E-mail/), "ada@example.com");
  await user.type(screen.getByLabelText(/^Password/), "secret");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Wrong e-mail or password.");
  expect(session.token()).toBeNull();
  good = true;
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(session.token()).toBe("abc"));
});

it("a new key is shown once and sent nowhere else", async () => {
  const secret = "sk-promptly-only-here";
  const asked = play({
    "GET /api/keys/platform": { body: { keys: [] } },
    "GET /api/keys/providers": { body: { keys: [], providers: PROVIDERS } },
    "POST /api/keys/platform": { body: { ...KEY, api_key: secret } },
  });
  show(<Keys />);
  const user = userEvent.setup();
  expect(await screen.findByText("No keys yet")).toBeTruthy();
  expect(await screen.findByText("No provider is connected")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "New key" }));
  await user.type(screen.getByLabelText(/^Name/), "Checkout");
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  expect(await screen.findByText(secret)).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/keys/platform")?.body).toEqual({
    name: "Checkout",
    scopes: ["chat", "optimize"],
    rpm: 500,
    expires_at: null,
    monthly_budget_usd: null,
    team: null,
  });
  await user.click(screen.getByRole("button", { name: "I have stored it" }));
  expect(screen.queryByText(secret)).toBeNull();
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain(secret);
});

it("revoking asks first, and says why it failed", async () => {
  play({
    "GET /api/keys/platform": { body: { keys: [KEY] } },
    "GET /api/keys/providers": { body: { keys: [], providers: PROVIDERS } },
    "DELETE /api/keys/platform/key_1": { status: 403, body: { detail: "Ask an admin." } },
  });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Revoke Checkout …wxyz" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Revoke" }));
  expect((await within(dialog).findByRole("alert")).textContent).toContain("Ask an admin.");
});

it("a viewer sees keys and settings, and no buttons that the API would refuse", async () => {
  play({
    "GET /api/keys/platform": { body: { keys: [KEY] } },
    "GET /api/keys/providers": { body: { keys: [], providers: PROVIDERS } },
    "GET /api/optimization/settings": { body: SETTINGS },
  });
  show(
    <>
      <Keys />
      <Optimization />
    </>,
    "viewer",
  );
  expect(await screen.findByText("Checkout")).toBeTruthy();
  expect(await screen.findByText("Admins change these")).toBeTruthy();
  for (const name of [/New key/, /Revoke/, /Rotate/, /Edit/, /Connect/, /^Save$/]) expect(screen.queryByRole("button", { name })).toBeNull();
});

it("saving sends what was changed and nothing else", async () => {
  const asked = play({
    "GET /api/optimization/settings": { body: SETTINGS },
    "PUT /api/optimization/settings": { body: { ...SETTINGS, extraction: true } },
  });
  show(<Optimization />);
  const user = userEvent.setup();
  await user.click(await screen.findByLabelText(/^Documents/));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("In force on every gateway");
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ extraction: true });
});

it("what is typed stays when somebody else changes something", async () => {
  let now: object = SETTINGS;
  const asked = play({
    "GET /api/optimization/settings": () => ({ body: now }),
    "PUT /api/optimization/settings": () => ({ body: (now = { ...now, extraction: true }) }),
  });
  show(<Optimization />);
  const user = userEvent.setup();
  await user.click(await screen.findByLabelText(/^Documents/));
  now = { ...SETTINGS, level: "aggressive" };
  window.dispatchEvent(new Event("visibilitychange"));
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>("Aggressive").checked).toBe(true));
  expect(screen.getByLabelText<HTMLInputElement>(/^Documents/).checked).toBe(true);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("In force on every gateway");
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ extraction: true });
  now = { ...now, extraction: false };
  window.dispatchEvent(new Event("visibilitychange"));
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>(/^Documents/).checked).toBe(false));
  expect(screen.getByText("In force on every gateway")).toBeTruthy();
});

it("what a change answered is not undone by a question that was on its way", async () => {
  const client = new QueryClient();
  const { queryKey } = me();
  client.setQueryData(queryKey, ME as Schema["Me"]);
  let answer = (_: Schema["Me"]): void => undefined;
  const late = client.fetchQuery({ queryKey, queryFn: () => new Promise<Schema["Me"]>((resolve) => (answer = resolve)) }).catch(() => undefined);
  const renamed = { ...ME, org: { ...ME.org, name: "Southwind" } } as Schema["Me"];
  await settle(client, queryKey, renamed);
  answer(ME as Schema["Me"]);
  await late;
  expect(client.getQueryData(queryKey)?.org.name).toBe("Southwind");
});

it("a log that cannot be read says so and can be asked again; filters go into the question", async () => {
  let away = true;
  window.history.replaceState(null, "", "/requests?status=error&cache_hit=false&kind=nonsense");
  const asked = play({
    "GET /api/keys/platform": { body: { keys: [] } },
    "GET /api/requests": () => (away ? { status: 400, body: { detail: "The log cannot be read right now." } } : { body: { requests: [], next_cursor: null } }),
    "GET /api/requests/stream": { status: 400, body: { detail: "Not now." } },
  });
  const drawn = show(<Requests />);
  expect(await screen.findByText("The log cannot be read right now.")).toBeTruthy();
  expect(asked.find((one) => one.route === "GET /api/requests")?.query).toBe("status=error&cache_hit=false&limit=50");
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No request fits these filters")).toBeTruthy();
  drawn.unmount();
});

it("an invitation's token leaves the address at once, and is exchanged for a session", async () => {
  window.history.replaceState(null, "", "/auth/invite#token=inv-1");
  const asked = play({ "POST /api/auth/invite/accept": { body: { token: "abc" } } });
  show(<SetPassword purpose="invite" />);
  expect(window.location.hash).toBe("");
  await userEvent.type(screen.getByLabelText(/^Password/), "correct horse");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(session.token()).toBe("abc"));
  expect(asked[0]?.body).toEqual({ token: "inv-1", password: "correct horse", email: null });
});

it("another link that is opened in the same tab is the one that counts", async () => {
  show(<SetPassword purpose="invite" />);
  expect(screen.getByText("This link is not whole")).toBeTruthy();
  window.location.hash = "#token=inv-2";
  window.dispatchEvent(new Event("hashchange"));
  expect(await screen.findByLabelText(/^Password/)).toBeTruthy();
  expect(window.location.hash).toBe("");
  const asked = play({ "POST /api/auth/invite/accept": { body: { token: "abc" } } });
  await userEvent.type(screen.getByLabelText(/^Password/), "correct horse");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(asked[0]?.body).toMatchObject({ token: "inv-2" }));
});

it("a link without its token says so", () => {
  show(<SetPassword purpose="reset" />);
  expect(screen.getByText("This link is not whole")).toBeTruthy();
});
