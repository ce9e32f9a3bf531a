import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { session } from "../src/api/session";
import { App } from "../src/app/App";
import { theme } from "../src/app/theme";
import { ME, play } from "./api";

// What another tab of the same origin hears and says.
let other: BroadcastChannel;
let heard: unknown[];

beforeEach(() => {
  heard = [];
  other = new BroadcastChannel("promptly-session");
  other.onmessage = (event: MessageEvent) => heard.push(event.data);
});

afterEach(() => {
  other.close();
  session.end();
});

function open(address: string): void {
  window.history.replaceState(null, "", address);
  play({ "GET /api/auth/options": { body: { registration: "open", oauth: [], mail: true } }, "GET /api/auth/me": { body: ME } });
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <App />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it("a new tab asks the others for the session, and shows the page that its address names", async () => {
  other.onmessage = () => other.postMessage({ says: "token", token: "abc" });
  session.recall();
  open("/nowhere");
  expect(await screen.findByText("There is no page here")).toBeTruthy();
  expect(session.token()).toBe("abc");
  expect(JSON.stringify({ ...localStorage })).not.toContain("abc");
});

it("where no tab answers, somebody signs in", async () => {
  session.recall();
  open("/alerts");
  expect(screen.queryByRole("form")).toBeNull();
  expect(await screen.findByRole("form", { name: "Sign in" })).toBeTruthy();
});

it("nobody is signed in who did not ask, and nobody's session is replaced", async () => {
  other.postMessage({ says: "token", token: "unasked" });
  other.postMessage({ says: "who" });
  session.begin("mine");
  other.postMessage({ says: "token", token: "theirs" });
  other.postMessage({ says: "who" });
  await waitFor(() => expect(heard).toContainEqual({ says: "token", token: "mine" }));
  expect(heard).not.toContainEqual({ says: "token", token: "unasked" });
  expect(session.token()).toBe("mine");
});

it("a sign-out ends the session in every tab, and no other person's", async () => {
  session.begin("mine");
  other.postMessage({ says: "ended", token: "theirs" });
  other.postMessage({ says: "who" });
  await waitFor(() => expect(heard).toContainEqual({ says: "token", token: "mine" }));
  other.postMessage({ says: "ended", token: "mine" });
  await waitFor(() => expect(session.token()).toBeNull());
  session.begin("again");
  session.end();
  await waitFor(() => expect(heard).toContainEqual({ says: "ended", token: "again" }));
});
