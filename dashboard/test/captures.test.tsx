import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { Captures } from "../src/pages/organization/Captures";
import { play } from "./api";
import { show } from "./show";

const ONE = { id: "req_1", kind: "chat", time: "2026-11-01T09:30:00Z", user_id: "usr_1", bytes: 1234 };
const RESULT = {
  label: "predicted",
  from: "2026-10-25T09:30:00Z",
  to: "2026-11-01T09:30:00Z",
  captured: 12,
  replayed: 10,
  refused: { model_not_found: 2 },
  changed_share: 0.4,
  exact_hits: 1,
  semantic_hits: 0,
  unpriced: 0,
  as_asked_usd: 9.81,
  actual_usd: 7.42,
  predicted_usd: 6.05,
  input_tokens_before: 3204,
  input_tokens_after: 2611,
  levers: [{ lever: "caching", tokens: 0, savings_usd: 1.12 }],
  models: { "gpt-4o": 10 },
  degraded: [],
  examples: [
    {
      id: "req_1",
      requested_model: "gpt-4o",
      model: "gpt-4o-mini",
      cache: null,
      tokens_before: 31,
      tokens_after: 29,
      as_asked_usd: 0.5,
      actual_usd: 0.5,
      predicted_usd: 0.25,
      diff: [{ position: 0, role: "user", change: "changed", text: [{ op: "same", text: "Which ship?" }, { op: "removed", text: "   " }] }],
    },
  ],
};

it("capturing begins and stops, and what was captured is erased", async () => {
  let capture = "none";
  let kept = [ONE];
  const asked = play({
    "GET /api/optimization/settings": () => ({ body: { capture } }),
    "PUT /api/optimization/settings": () => {
      capture = capture === "none" ? "sampled" : "none";
      return { body: { capture } };
    },
    "GET /api/captures": () => ({ body: { captures: kept, total: kept.length } }),
    "DELETE /api/captures/req_1": () => {
      kept = [];
      return { body: { erased: 1 } };
    },
  });
  show(<Captures />);
  const user = userEvent.setup();
  const form = await screen.findByRole("form", { name: "What is captured" });
  await user.selectOptions(within(form).getByLabelText("Captured from now on"), "sampled");
  await user.click(within(form).getByRole("button", { name: "Save" }));
  expect(asked.find((one) => one.route === "PUT /api/optimization/settings")?.body).toEqual({ capture: "sampled" });
  await user.selectOptions(within(form).getByLabelText("Captured from now on"), "none");
  await user.click(await within(form).findByRole("button", { name: "Stop capturing" }));
  expect(asked.filter((one) => one.route === "PUT /api/optimization/settings").map((one) => one.body)).toEqual([{ capture: "sampled" }, { capture: "none" }]);
  await user.click(await screen.findByRole("button", { name: "Erase req_1" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Erase" }));
  expect(await screen.findByText("Nothing was captured in the last 7 days")).toBeTruthy();
});

it("all that was captured is erased at once", async () => {
  let kept = [ONE, { ...ONE, id: "req_2" }];
  play({
    "GET /api/optimization/settings": { body: { capture: "all" } },
    "GET /api/captures": () => ({ body: { captures: kept, total: kept.length } }),
    "DELETE /api/captures": () => {
      kept = [];
      return { body: { erased: 2 } };
    },
  });
  show(<Captures />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Erase all captured requests" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Erase" }));
  expect(await screen.findByText("Nothing was captured in the last 7 days")).toBeTruthy();
});

it("other settings are tried on it, and the prediction says that it is one", async () => {
  const asked = play({
    "GET /api/optimization/settings": { body: { capture: "all" } },
    "GET /api/captures": { body: { captures: [ONE], total: 70 } },
    "POST /api/replay": { body: RESULT },
  });
  show(<Captures />);
  const user = userEvent.setup();
  expect(await screen.findByText(/70 of the last 7 days, the newest 1 shown/)).toBeTruthy();
  const form = screen.getByRole("form", { name: "Try other settings" });
  await user.selectOptions(within(form).getByLabelText("Try the level"), "aggressive");
  await user.click(within(form).getByRole("button", { name: "Try" }));
  const predicted = await screen.findByRole("region", { name: "Predicted" });
  expect(asked.find((one) => one.route === "POST /api/replay")?.body).toEqual({ days: 7, from: null, to: null, limit: 1000, settings: { level: "aggressive" } });
  expect(within(predicted).getByText(/A prediction, not a measurement/)).toBeTruthy();
  expect(within(predicted).getByText("10 of 12, 2 could not be")).toBeTruthy();
  expect(within(predicted).getByText("$6.05")).toBeTruthy();
  expect(within(predicted).getByText(/gpt-4o → gpt-4o-mini/)).toBeTruthy();
  expect(within(predicted).getByText("Which ship?")).toBeTruthy();
});
