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
