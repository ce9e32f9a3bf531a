import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { type Alias, fallbacksSentence, modelsSentence, NAME } from "../src/pages/routing/aliases";
import { Aliases } from "../src/pages/routing/Aliases";
import { type Answers, play } from "./api";
import { show } from "./show";

const FAST: Alias = { models: [{ model: "gpt-4o-mini", weight: 9 }, { model: "claude-haiku-5-5", weight: 1 }], fallbacks: ["gemini-2.5-flash"] };
const SAFE: Alias = { models: [{ model: "gpt-4o", weight: 1 }], fallbacks: [] };

/** An API that keeps what is put. */
function keeping(kept: Record<string, Alias>, more: Answers = {}) {
  let now = kept;
  const asked = play({
    "GET /api/routing/aliases": () => ({ body: { aliases: now } }),
    "PUT /api/routing/aliases": () => {
      now = (asked.at(-1)?.body as { aliases: Record<string, Alias> }).aliases;
      return { body: { aliases: now } };
    },
    "GET /api/routing/config": { body: { routing_mode: "auto", tiers: {}, default_tiers: {} } },
    "GET /api/keys/providers": { body: { keys: [] } },
    ...more,
  });
  return {
    asked,
    put: () => asked.filter((one) => one.route.startsWith("PUT")).map((one) => one.body),
    meanwhile: (change: Record<string, Alias>) => {
      now = change;
    },
  };
}

it("an alias is told in two sentences", () => {
  expect(modelsSentence(FAST)).toBe("Of all conversations 90.0\u00a0% get gpt-4o-mini, 10.0\u00a0% get claude-haiku-5-5");
  expect(modelsSentence(SAFE)).toBe("Stands for gpt-4o");
  expect(fallbacksSentence({ ...SAFE, fallbacks: ["a", "b"] })).toBe("Where that fails: a, then b");
  expect(fallbacksSentence(SAFE)).toBe("Nothing follows where that fails");
});

it("names are those that the API takes", () => {
  const takes = new RegExp(`^(?:${NAME})$`, "v"); // as a browser reads the attribute
  for (const name of ["fast", "gpt-4o", "a/b:c@d_e.f", "7", "x".repeat(128)]) expect(takes.test(name)).toBe(true);
  for (const name of ["", "a b", "-a", "ä", "a,b", "x".repeat(129)]) expect(takes.test(name)).toBe(false);
});

it("one is made of what was typed, and the others stay", async () => {
  const api = keeping({ safe: SAFE });
  show(<Aliases />);
  const user = userEvent.setup();
  await screen.findByText("Stands for gpt-4o");
  await user.click(screen.getByRole("button", { name: "New alias" }));
  const form = within(screen.getByRole("form", { name: "New alias" }));
  await user.type(form.getByLabelText(/^Name/), "fast");
  await user.type(form.getByRole("combobox", { name: /^Model 1/ }), "gpt-4o-mini");
  await user.clear(form.getByLabelText(/^Weight of model 1/));
  await user.type(form.getByLabelText(/^Weight of model 1/), "9");
  await user.click(form.getByRole("button", { name: "Add a model" }));
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  expect(api.put()).toEqual([]); // the browser asks for the second model
  await user.type(form.getByRole("combobox", { name: /^Model 2/ }), "claude-haiku-5-5");
  await user.click(form.getByRole("button", { name: "Add a model" }));
  await user.click(form.getByRole("button", { name: "Remove model 3" }));
  expect(document.activeElement?.textContent).toBe("Add a model");
  await user.type(form.getByRole("combobox", { name: /^Fallbacks/ }), "gemini-2.5-flash");
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  await screen.findByText(modelsSentence(FAST), { normalizer: (text) => text });
  expect(api.put()).toEqual([{ aliases: { safe: SAFE, fast: FAST } }]);
  expect(document.activeElement?.textContent).toBe("New alias");
  expect(screen.getAllByRole("listitem").map((one) => one.querySelector("p")?.textContent)).toEqual(["fast", "safe"]);
});

it("one is changed, whatever somebody else did to the others meanwhile", async () => {
  const api = keeping({ fast: FAST });
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit fast" }));
  api.meanwhile({ fast: FAST, safe: SAFE });
  const form = within(screen.getByRole("form", { name: "Edit fast" }));
  await user.click(form.getByRole("button", { name: "Remove model 2" }));
  await user.type(form.getByRole("combobox", { name: /^Fallbacks/ }), "{Backspace}gpt-4o{Enter}");
  await user.click(form.getByRole("button", { name: "Save the alias" }));
  await screen.findByText("Stands for gpt-4o-mini");
  expect(api.put()).toEqual([{ aliases: { fast: { models: [{ model: "gpt-4o-mini", weight: 9 }], fallbacks: ["gpt-4o"] }, safe: SAFE } }]);
  expect(await screen.findByText("Stands for gpt-4o")).toBeTruthy();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Edit fast");
});

it("what somebody else changed stays as it is, and the page says so and shows it", async () => {
  const api = keeping({ fast: FAST });
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit fast" }));
  api.meanwhile({ fast: { ...FAST, fallbacks: ["gpt-4o"] } });
  await user.click(screen.getByRole("button", { name: "Save the alias" }));
  expect((await screen.findByRole("alert")).textContent).toBe("The alias “fast” was changed by somebody else meanwhile. Nothing was saved: close this, look at what it is now, then change that.");
  expect(await screen.findByText("Where that fails: gpt-4o")).toBeTruthy();
  expect(api.put()).toEqual([]);
});

it.each(["fast", "constructor"])("a name is taken once: %s", async (name) => {
  const api = keeping({ [name]: FAST });
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New alias" }));
  const form = within(await screen.findByRole("form", { name: "New alias" }));
  await user.type(form.getByLabelText(/^Name/), name);
  await user.type(form.getByRole("combobox", { name: /^Model 1/ }), "gpt-4o");
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  expect((await form.findByRole("alert")).textContent).toBe(`There is an alias “${name}” already.`);
  await user.type(form.getByLabelText(/^Name/), "-toString");
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  await waitFor(() => expect(api.put()).toEqual([{ aliases: { [name]: FAST, [`${name}-toString`]: SAFE } }]));
});

it("what the server refuses is told in its sentence, and nothing is lost of what was typed", async () => {
  const said = "The alias slow names fast, which is an alias itself.";
  keeping({ fast: FAST }, { "PUT /api/routing/aliases": { status: 400, body: { detail: said, code: "bad_request" } } });
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New alias" }));
  const form = within(await screen.findByRole("form", { name: "New alias" }));
  await user.type(form.getByLabelText(/^Name/), "slow");
  await user.type(form.getByRole("combobox", { name: /^Model 1/ }), "fast");
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  expect((await form.findByRole("alert")).textContent).toBe(said);
  expect(form.getByLabelText<HTMLInputElement>(/^Name/).value).toBe("slow");
});

it("there are a hundred at most", async () => {
  const all = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`a${at}`, SAFE]));
  const api = keeping(all);
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New alias" }));
  const form = within(await screen.findByRole("form", { name: "New alias" }));
  await user.type(form.getByLabelText(/^Name/), "b");
  await user.type(form.getByRole("combobox", { name: /^Model 1/ }), "gpt-4o");
  await user.click(form.getByRole("button", { name: "Make the alias" }));
  expect((await form.findByRole("alert")).textContent).toMatch(/may have 100 aliases/);
  expect(api.put()).toEqual([]);
});

it("one is deleted, after a question", async () => {
  const api = keeping({ fast: FAST, safe: SAFE });
  show(<Aliases />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Delete fast" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(screen.queryByText("fast")).toBeNull());
  expect(api.put()).toEqual([{ aliases: { safe: SAFE } }]);
});

it.each(["viewer", "member"] as const)("a %s reads them, and changes nothing", async (role) => {
  keeping({ fast: FAST });
  show(<Aliases />, role);
  await screen.findByText("Where that fails: gemini-2.5-flash");
  for (const name of [/New/, /Edit/, /Delete/]) expect(screen.queryByRole("button", { name })).toBeNull();
});

it("without any it says what they are for", async () => {
  keeping({});
  show(<Aliases />, "viewer");
  expect(await screen.findByText("No aliases yet")).toBeTruthy();
  expect(screen.getByText("An admin of your organization makes them.")).toBeTruthy();
});
