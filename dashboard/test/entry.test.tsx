import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { session } from "../src/api/session";
import { App } from "../src/app/App";
import { next, ownPage } from "../src/app/next";
import { theme } from "../src/app/theme";
import { ME, play } from "./api";

const OPEN = { registration: "open", oauth: ["github"], mail: true };
const EMPTY = { "GET /api/requests/stream": { status: 400, body: { detail: "Not now." } }, "GET /api/auth/me": { body: ME } };

afterEach(() => vi.restoreAllMocks());

function at(address: string): void {
  window.history.replaceState(null, "", address);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it("only ways in that are open are offered", async () => {
  play({ "GET /api/auth/options": { body: OPEN } });
  at("/login");
  expect((await screen.findByRole("link", { name: "Continue with GitHub" })).getAttribute("href")).toBe("/api/auth/oauth/github");
  expect(screen.queryByText("Continue with Google")).toBeNull();
  expect(screen.getByRole("link", { name: "Register an organization" })).toBeTruthy();
});

it("the operator's provider has a button with its name", async () => {
  play({ "GET /api/auth/options": { body: { ...OPEN, oauth: ["github", "oidc"], oidc_name: "Northwind" } } });
  at("/login");
  expect((await screen.findByRole("link", { name: "Sign in with Northwind" })).getAttribute("href")).toBe("/api/auth/oauth/oidc");
  expect(screen.getByRole("link", { name: "Continue with GitHub" })).toBeTruthy();
});

it("a closed registration is told, and not offered", async () => {
  play({ "GET /api/auth/options": { body: { registration: "invite", oauth: [], mail: false } } });
  at("/register");
  expect(await screen.findByText("Registration is closed here")).toBeTruthy();
  await userEvent.click(screen.getByRole("link", { name: "Sign in" }));
  expect(await screen.findByRole("form", { name: "Sign in" })).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Register an organization" })).toBeNull();
});

it("the first registration asks for the operator's token, and sends it", async () => {
  const first = { registration: "first", bootstrap_token: true, oauth: [], mail: false };
  const register = { body: { user: ME.user, org: ME.org, token: "abc", api_key: "sk-promptly-once" } };
  const asked = play({ ...EMPTY, "GET /api/auth/options": { body: first }, "POST /api/auth/register": register });
  at("/register");
  await userEvent.type(await screen.findByLabelText(/Organization/), "Northwind");
  await userEvent.type(screen.getByLabelText(/E-mail/), "ada@example.com");
  await userEvent.type(screen.getByLabelText(/^Password/), "correct horse");
  await userEvent.type(screen.getByLabelText(/^Bootstrap token/), "only-the-operator-knows");
  await userEvent.click(screen.getByRole("button", { name: "Register" }));
  expect(await screen.findByText(/Welcome/)).toBeTruthy();
  const sent = asked.find((one) => one.route === "POST /api/auth/register");
  expect(sent?.body).toMatchObject({ bootstrap_token: "only-the-operator-knows" });
});

it("the form is there although nobody can tell the ways in", async () => {
  play({});
  at("/login");
  expect(await screen.findByRole("form", { name: "Sign in" })).toBeTruthy();
  expect(await screen.findByRole("link", { name: "Register an organization" })).toBeTruthy();
});

it("whoever signs in sees the page that was asked for", async () => {
  play({ ...EMPTY, "GET /api/auth/options": { body: OPEN }, "POST /api/auth/login": { body: { ...ME, token: "abc" } }, "GET /api/team/members": { body: { members: [ME.user] } } });
  at("/team");
  await userEvent.type(await screen.findByLabelText(/E-mail/), "ada@example.com");
  await userEvent.type(screen.getByLabelText(/^Password/), "correct horse");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { name: "Team" })).toBeTruthy();
  expect(window.location.pathname).toBe("/team");
});

it("a forgotten password is asked for in one form, whoever asks", async () => {
  const asked = play({ "GET /api/auth/options": { body: OPEN }, "POST /api/auth/password/reset": { status: 202, body: { detail: "If it is registered, a mail is on its way." } } });
  at("/forgot");
  await userEvent.type(await screen.findByLabelText(/E-mail/), "ada@example.com");
  await userEvent.click(screen.getByRole("button", { name: "Mail me a link" }));
  expect(await screen.findByText(/a mail is on its way/)).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("POST"))?.body).toEqual({ email: "ada@example.com" });
});

it("without a mail server, a forgotten password is the operator's", async () => {
  play({ "GET /api/auth/options": { body: { ...OPEN, mail: false } } });
  at("/forgot");
  expect(await screen.findByText(/promptly users reset/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Mail me a link" })).toBeNull();
});

describe("coming back from another provider", () => {
  it("exchanges the code once, cleans the address and goes where somebody wanted to", async () => {
    window.history.replaceState(null, "", "/team?from=a%20mail");
    next.keep();
    const asked = play({ ...EMPTY, "POST /api/auth/oauth/exchange": { body: { ...ME, token: "abc" } }, "GET /api/team/members": { body: { members: [ME.user] } } });
    at("/auth/callback?code=one-time");
    expect(window.location.search).toBe("");
    await waitFor(() => expect(session.token()).toBe("abc"));
    expect(asked.filter((one) => one.route === "POST /api/auth/oauth/exchange").map((one) => one.body)).toEqual([{ code: "one-time" }]);
    expect(window.location.pathname + window.location.search).toBe("/team?from=a%20mail");
    expect(Object.keys({ ...sessionStorage })).toEqual(["promptly-session"]);
  });

  it("links an account for whoever is signed in", async () => {
    session.begin("before");
    play({ ...EMPTY, "POST /api/auth/oauth/exchange": { body: { ...ME, token: "after" } } });
    at("/auth/callback?code=one-time");
    await waitFor(() => expect(session.token()).toBe("after"));
    expect(window.location.pathname).toBe("/organization");
  });

  it("tells an error by its code, never by the address's words", async () => {
    play({});
    at("/auth/callback?error=Call+0900+12345&error_code=email_taken&status=409");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("This e-mail address has an account already");
    expect(document.body.textContent).not.toContain("0900");
    expect(window.location.search).toBe("");
    expect(screen.getByRole("link", { name: "Sign in" }).getAttribute("href")).toBe("/");
  });

  it("leads back to the page that was asked for after an error too", async () => {
    window.history.replaceState(null, "", "/team");
    next.keep();
    play({ "GET /api/auth/options": { body: OPEN } });
    at("/auth/callback?error_code=access_denied");
    await userEvent.click(await screen.findByRole("link", { name: "Sign in" }));
    expect(await screen.findByRole("form", { name: "Sign in" })).toBeTruthy();
    expect(window.location.pathname).toBe("/team");
    expect(sessionStorage.length).toBe(0);
  });

  it("tells an unknown error, and a code that counts no longer", async () => {
    play({ "POST /api/auth/oauth/exchange": { status: 400, body: { detail: "This link or code is not valid." } } });
    at("/auth/callback?code=used");
    expect((await screen.findByRole("alert")).textContent).toContain("This link or code is not valid.");
    expect(session.token()).toBeNull();
  });
});

it("a word that every object knows is no error's code, and no page", async () => {
  play(EMPTY);
  at("/auth/callback?error_code=constructor");
  expect((await screen.findByRole("alert")).textContent).toContain("This sign-in did not work");
  cleanup();
  session.begin("abc");
  at("/constructor");
  expect(await screen.findByText("There is no page here")).toBeTruthy();
  expect(document.title).toBe("Promptly");
});

it("a page that cannot be shown says what to do, and the others can be gone to", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  session.begin("abc");
  play({ ...EMPTY, "GET /api/team/members": { body: {} }, "GET /api/team/invites": { body: { invites: [] } } });
  at("/team");
  expect((await screen.findByRole("alert")).textContent).toContain("trying again loads the page anew");
  expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  await userEvent.click(screen.getByRole("link", { name: "Organization" }));
  expect(await screen.findByRole("heading", { name: "Organization" })).toBeTruthy();
  expect(screen.queryByText(/loads the page anew/)).toBeNull();
});

it("what is typed stays where asking anew fails, and what is old says so", async () => {
  let away = false;
  session.begin("abc");
  const gone = { status: 503, body: { detail: "Not now." } };
  play({
    "GET /api/auth/me": () => (away ? gone : { body: ME }),
    "GET /api/team/members": () => (away ? gone : { body: { members: [ME.user] } }),
    "GET /api/team/invites": { body: { invites: [] } },
  });
  at("/team");
  await userEvent.type(await screen.findByLabelText(/E-mail/), "grace@example.com");
  expect(screen.queryByText("Not up to date")).toBeNull();
  away = true;
  window.dispatchEvent(new Event("visibilitychange"));
  expect(await screen.findByText("Not up to date")).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>(/E-mail/).value).toBe("grace@example.com");
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.queryByText("Not up to date")).toBeNull());
});

it("only pages of the dashboard's own are gone to", () => {
  expect(["/requests/req_1", "/requests?status=error", "/"].map(ownPage)).toEqual(["/requests/req_1", "/requests?status=error", "/"]);
  for (const strange of ["//evil.example", "/\\evil.example", "/.//evil.example", "https://evil.example", "javascript:alert(1)", "/login", "/auth/callback?code=x", "/api/auth/me", "", null]) {
    expect(ownPage(strange)).toBe("/");
  }
});

it("whoever deleted their organization is told so", async () => {
  play({ "GET /api/auth/options": { body: OPEN } });
  at("/deleted");
  expect(await screen.findByRole("heading", { name: "The organization is deleted" })).toBeTruthy();
});
