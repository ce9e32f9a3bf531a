import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Measured from "../src/pages/Measured";
import { type Answers, ME, play } from "./api";
import { show } from "./show";

const interval = (value: number, low: number, high: number) => ({ value, low: value, high: value, always_valid_low: low, always_valid_high: high });
const RESULTS = {
  from: "2026-01-01T00:00:00Z", to: "2026-01-29T00:00:00Z", status: "measured", share: 0.05, measured: interval(0.23, 0.19, 0.27), estimated: 0.31,
  conversations_treated: 7691, conversations_control: 412, unpriced_conversations: 0, mixed_conversations: 3,
  levers: [
    { lever: "effort", conversations_on: 420, conversations_off: 431, measured: interval(0.08, 0.03, 0.13), reask: { name: "reask", treated: 0.1, control: 0.02, difference: interval(0.08, 0.03, 0.13), harmful: true, margin: 0.02 } },
    { lever: "tools", conversations_on: 20, conversations_off: 19, measured: null, reask: null },
  ],
  quality: [
    { name: "reask", treated: 0.151, control: 0.011, difference: interval(0.14, 0.03, 0.25), harmful: true, margin: 0.02 },
    { name: "turns", treated: 2.5, control: 2.6, difference: interval(-0.1, -0.3, 0.1), harmful: false, margin: 0 },
  ],
};
const OFF = { ...RESULTS, levers: [], status: "off", share: 0, measured: null, conversations_control: 0, quality: [] };
const STEP = { id: "aud_1", time: "2026-01-20T00:00:00Z", actor: "guard", action: "lever_switched_off", before: { routing_mode: "auto" }, after: { routing_mode: "manual" }, reason: "Asked again within ten minutes: 15.1% of 311 conversations with levers." };
const CHANGED = { id: "aud_2", time: "2026-01-19T00:00:00Z", actor: "usr_1", action: "settings_changed", before: { level: "moderate" }, after: { level: "aggressive" }, reason: null };
const page = (more: Answers = {}): Answers => ({
  "GET /api/experiments/holdout": { body: { share: 0.05, levers: { effort: 0.5 }, unit: "conversation" } },
  "GET /api/experiments/holdout/results": { body: RESULTS },
  "GET /api/audit-log": { body: { entries: [STEP, CHANGED] } },
  "GET /api/optimization/settings": { body: { routing_mode: "manual" } },
  "GET /api/team/members": { body: { members: [ME.user] } },
  "GET /api/keys/platform": { body: { keys: [] } },
  "GET /api/keys/control": { body: { keys: [] } },
  ...more,
});

it("measured and estimated stand apart, with the interval and how many were held out", async () => {
  play(page());
  show(<Measured />);
  const measured = await screen.findByRole("region", { name: "Measured" });
  expect(measured.textContent).toContain("23.0\u00a0%between 19.0\u00a0% and 27.0\u00a0% at 95 %");
  expect(measured.textContent).not.toContain("31.0");
  expect(screen.getByRole("region", { name: "Estimated" }).textContent).toContain("31.0\u00a0%");
  expect(screen.getByText("412 of 8,103")).toBeTruthy();
  const asked = screen.getByRole("row", { name: /^Asked again/ });
  expect(asked.textContent).toBe("Asked again in the same words15.1\u00a0%1.1\u00a0%+14.0 points3.0 and 25.0worse");
  expect(screen.getByRole("row", { name: /^Turns/ }).textContent).toBe("Turns on average2.52.6−0.1−0.3 and 0.1");
});

it("what the guard switched off says why, and is switched on again", async () => {
  const asked = play(page({ "PUT /api/optimization/settings": { body: { routing_mode: "auto" } } }));
  show(<Measured />);
  const guard = await screen.findByRole("region", { name: "Switched off by the guard" });
  expect(await within(guard).findByText(STEP.reason)).toBeTruthy();
  await userEvent.click(await within(guard).findByRole("button", { name: "Switch Routing mode on again" }));
  expect(await within(guard).findByText("changed since")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ routing_mode: "auto" });
});

it("the log says who changed what, from what to what", async () => {
  play(page());
  show(<Measured />);
  const row = await screen.findByRole("row", { name: /ada@example.com/ });
  expect(row.textContent).toContain("changed settings");
  expect(row.textContent).toContain("Level: moderate → aggressive");
});

it("an admin switches the holdout on, and nothing is called measured before it is", async () => {
  let share = 0;
  const asked = play(
    page({
      "GET /api/experiments/holdout": () => ({ body: { share, levers: {}, unit: "conversation" } }),
      "GET /api/experiments/holdout/results": { body: OFF },
      "PUT /api/experiments/holdout": () => {
        share = 0.05;
        return { body: { share, levers: {}, unit: "conversation" } };
      },
    }),
  );
  show(<Measured />);
  expect(await screen.findByText("No holdout runs, so nothing is measured")).toBeTruthy();
  await userEvent.click(await screen.findByRole("button", { name: "Take 5 %" }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.getByText("On")).toBeTruthy());
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({ share: 0.05, unit: "conversation" });
});

it("whoever may not change settings reads the figures, and asks for no log", async () => {
  const asked = play(page());
  show(<Measured />, "viewer");
  expect(await screen.findByText("5.0 % of the conversations are held out. Admins change this.")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
  expect(asked.some((one) => one.route === "GET /api/audit-log")).toBe(false);
});

it("levers with an arm of their own show what they saved, and others get one", async () => {
  const asked = play(page({ "PUT /api/experiments/holdout": { body: { share: 0.05, levers: { effort: 0.5, routing: 0.5 }, unit: "conversation" } } }));
  show(<Measured />);
  const single = await screen.findByRole("region", { name: "Single levers" });
  const effort = await within(single).findByRole("row", { name: /^Less effort/ });
  expect(effort.textContent).toBe("Less effort8.0\u00a0%3.0\u00a0% and 13.0\u00a0%420 / 431asked again more often");
  expect(within(single).getByRole("row", { name: /^Tool definitions/ }).textContent).toContain("not enough yet");
  await userEvent.selectOptions(within(single).getByLabelText("Another lever"), "routing");
  await userEvent.click(within(single).getByRole("button", { name: "Give it an arm of its own" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/experiments/holdout")?.body).toEqual({ levers: { effort: 0.5, routing: 0.5 }, unit: "conversation" }));
});
