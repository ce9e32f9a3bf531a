import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Keys from "../src/pages/Keys";
import { PROVIDERS, type Answers, play } from "./api";
import { show } from "./show";

const STORED = {
  id: "pk_1",
  provider: "openai",
  label: "",
  api_key: "sk-…1234",
  last_four: "1234",
  base_url: "https://proxy.example.com/v1",
  models: [],
  created_at: "2026-01-01T00:00:00Z",
};
const with_ = (keys: unknown[]): Answers => ({
  "GET /api/keys/platform": { body: { keys: [] } },
  "GET /api/keys/providers": { body: { keys, providers: PROVIDERS } },
});

it("a key expires at a moment of the viewer's own zone, and never in the past", async () => {
  const asked = play({ ...with_([]), "POST /api/keys/platform": { status: 400, body: { detail: "Not now." } } });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New key" }));
  await user.type(screen.getByLabelText(/^Name/), "Short");
  const expires = screen.getByLabelText("Expires (optional)");
  fireEvent.change(expires, { target: { value: "2001-01-01T00:00" } });
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  expect(await screen.findByText("This moment is over: choose one to come.")).toBeTruthy();
  expect(asked.some((one) => one.route.startsWith("POST"))).toBe(false);
  fireEvent.change(expires, { target: { value: "2101-02-03T04:05" } });
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  await waitFor(() => expect(asked.some((one) => one.route.startsWith("POST"))).toBe(true));
  const sent = asked.find((one) => one.route.startsWith("POST"))?.body as { expires_at: string };
  expect(sent.expires_at).toBe(new Date(2101, 1, 3, 4, 5).toISOString());
  expect(screen.queryByText("This moment is over: choose one to come.")).toBeNull();
});

it("the next provider's key does not go to the address of the one before", async () => {
  const asked = play({ ...with_([STORED]), "POST /api/keys/providers": { status: 201, body: STORED } });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Connect a provider" }));
  const form = screen.getByRole("form", { name: "Connect a provider" });
  await user.type(within(form).getByLabelText(/^The provider's API key/), "sk-one");
  await user.type(within(form).getByLabelText(/^Base URL/), "https://proxy.example.com/v1");
  await user.type(within(form).getByLabelText(/^Label/), "proxy");
  await user.click(within(form).getByRole("button", { name: "Connect" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Connect a provider" })).toBeTruthy());
  await user.click(screen.getByRole("button", { name: "Connect a provider" }));
  await user.type(within(form).getByLabelText(/^The provider's API key/), "sk-two");
  await user.click(within(form).getByRole("button", { name: "Connect" }));
  const sent = () => asked.filter((one) => one.route.startsWith("POST"));
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]?.body).toEqual({ provider: "openai", api_key: "sk-two", base_url: null, label: null, models: null });
});

it("a provider's key is changed by what was entered and nothing else", async () => {
  const asked = play({ ...with_([STORED]), "PUT /api/keys/providers/pk_1": { body: { ...STORED, label: "spare" } } });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit OpenAI sk-…1234" }));
  await user.type(within(await screen.findByRole("dialog")).getByLabelText("Label (optional)"), "spare");
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ api_key: null, label: "spare", models: null });
});

it("a base URL goes when it is emptied, together with the key that belongs to what is left", async () => {
  const asked = play({ ...with_([STORED]), "PUT /api/keys/providers/pk_1": { status: 400, body: { detail: "The key does not fit.", errors: [{ field: "api_key", message: "does not fit" }] } } });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: /^Edit OpenAI/ }));
  const dialog = await screen.findByRole("dialog");
  await user.clear(within(dialog).getByLabelText("Base URL (optional)"));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("Another base URL needs its key along with it.")).toBeTruthy();
  expect(asked.some((one) => one.route.startsWith("PUT"))).toBe(false);
  await user.type(within(dialog).getByLabelText("New API key (optional)"), "sk-other");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect((await within(dialog).findByRole("alert")).textContent).toContain("The key does not fit.");
  expect(within(dialog).getByText("does not fit")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ api_key: "sk-other", base_url: null, label: null, models: null });
});

it("a member sees providers' keys and does not change them", async () => {
  play(with_([STORED]));
  show(<Keys />, "member");
  expect(await screen.findByText("sk-…1234")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Edit|Remove|Connect/ })).toBeNull();
});

const OURS = { id: "key_1", name: "Checkout", prefix: "sk-promptly-", last_four: "wxyz", scopes: ["chat"], rpm: 500, monthly_budget_usd: 40, team_id: null, team: null, expires_at: null, created_by: "usr_1", created_at: "2026-01-01T00:00:00Z", last_used_at: null };
const USE = { cost_usd: 10 };

it("each key's spend of the month stands beside its budget; a key without requests has spent nothing", async () => {
  const asked = play({
    ...with_([]),
    "GET /api/keys/platform": { body: { keys: [OURS, { ...OURS, id: "key_2", name: "Idle", monthly_budget_usd: null }] } },
    "GET /api/analytics/breakdown": { body: { by: ["key"], rows: [{ values: ["key_1"], use: USE }] } },
  });
  show(<Keys />);
  expect(await screen.findByText("of $40.0000, 25.0 %")).toBeTruthy();
  expect(within(screen.getByRole("row", { name: /^Idle/ })).getByText("$0.0000")).toBeTruthy();
  const query = new URLSearchParams(asked.find((one) => one.route === "GET /api/analytics/breakdown")?.query);
  expect([query.get("by"), query.get("time_zone"), query.get("from")?.slice(7)]).toEqual(["key", "UTC", "-01T00:00:00.000Z"]);
});

it("a key is changed by what was edited and nothing else, and a budget can be taken off", async () => {
  const asked = play({ ...with_([]), "GET /api/keys/platform": { body: { keys: [OURS] } }, "PATCH /api/keys/platform/key_1": { body: OURS } });
  show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit Checkout …wxyz" }));
  const dialog = await screen.findByRole("dialog");
  const save = within(dialog).getByRole("button", { name: "Save" });
  expect(save.hasAttribute("disabled")).toBe(true);
  await user.clear(within(dialog).getByLabelText(/^Dollars a month/));
  await user.clear(within(dialog).getByLabelText(/^Name/));
  await user.type(within(dialog).getByLabelText(/^Name/), "Shop");
  await user.click(within(dialog).getByLabelText("The optimize API"));
  await user.click(save);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked.find((one) => one.route.startsWith("PATCH"))?.body).toEqual({ name: "Shop", monthly_budget_usd: null, scopes: ["chat", "optimize"] });
});

it("an admin puts a key into a team, and a member does not choose one", async () => {
  const answers = {
    ...with_([]),
    "GET /api/keys/platform": { body: { keys: [{ ...OURS, team_id: "team_1", team: "Search" }] } },
    "GET /api/teams": { body: { teams: [{ id: "team_1", name: "Search" }, { id: "team_2", name: "Ads" }] } },
    "PATCH /api/keys/platform/key_1": { body: OURS },
  };
  const asked = play(answers);
  const { unmount } = show(<Keys />);
  const user = userEvent.setup();
  expect(await screen.findByText(/· Search/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Edit Checkout …wxyz" }));
  const dialog = await screen.findByRole("dialog");
  await user.selectOptions(await within(dialog).findByLabelText("Team (optional)"), "team_2");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked.find((one) => one.route.startsWith("PATCH"))?.body).toEqual({ team: "team_2" });
  unmount();
  show(<Keys />, "member");
  await user.click(await screen.findByRole("button", { name: "New key" }));
  expect(screen.queryByLabelText("Team (optional)")).toBeNull();
});

it("a key for the control plane is made, shown once and revoked, by admins alone", async () => {
  const CONTROL = { id: "ck_1", name: "Terraform", last_four: "abcd", scopes: ["read"], expires_at: null, created_by: "usr_1", created_at: "2026-01-01T00:00:00Z", last_used_at: null };
  const asked = play({
    ...with_([]),
    "GET /api/keys/control": { body: { keys: [CONTROL] } },
    "POST /api/keys/control": { status: 201, body: { ...CONTROL, api_key: "sk-control-only-here" } },
    "DELETE /api/keys/control/ck_1": { status: 204 },
  });
  const admin = show(<Keys />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New control-plane key" }));
  const form = screen.getByRole("form", { name: "New control-plane key" });
  await user.type(within(form).getByLabelText(/^Name/), "Terraform");
  await user.click(within(form).getByLabelText("Change settings and rules"));
  await user.click(within(form).getByRole("button", { name: "Make the control-plane key" }));
  expect(await screen.findByText("sk-control-only-here")).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/keys/control")?.body).toEqual({ name: "Terraform", scopes: ["read", "settings"], expires_at: null });
  await user.click(screen.getByRole("button", { name: "I have stored it" }));
  expect(screen.queryByText("sk-control-only-here")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Revoke Terraform …abcd" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Revoke" }));
  await waitFor(() => expect(asked.some((one) => one.route === "DELETE /api/keys/control/ck_1")).toBe(true));
  admin.unmount();
  const before = asked.length;
  show(<Keys />, "member");
  await screen.findByText("No keys yet");
  expect(screen.queryByRole("region", { name: "Control-plane keys" })).toBeNull();
  expect(asked.slice(before).some((one) => one.route.includes("control"))).toBe(false);
});
