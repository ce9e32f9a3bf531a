import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { Webhooks } from "../src/pages/alerts/Webhooks";
import { type Answers, play } from "./api";
import { show } from "./show";

const ONE = { id: "whk_1", name: "night-jobs", url: "https://jobs.example.com/…ptly", secret: null, created_at: "2026-01-01T00:00:00Z", verified_at: "2026-01-01T00:01:00Z", waiting: 2, failed: 1, last_error: "The receiver answered 500.", delivered_at: "2026-01-02T00:00:00Z" };
const NEW = { ...ONE, id: "whk_2", name: "reports", verified_at: null, waiting: 0, failed: 0, last_error: null, delivered_at: null };
const page = (more: Answers = {}): Answers => ({ "GET /api/webhooks": { body: { webhooks: [ONE, NEW] } }, ...more });

it("a webhook shows what arrived, what is sent again, and why not", async () => {
  play(page());
  show(<Webhooks />);
  const row = await screen.findByRole("row", { name: /night-jobs/ });
  expect(row.textContent).toContain("The latest arrived");
  expect(row.textContent).toContain("2 to be sent again");
  expect(row.textContent).toContain("1 given up");
  expect(row.textContent).toContain("The receiver answered 500.");
  expect(screen.getByRole("row", { name: /reports/ }).textContent).toContain("not verified yet");
});

it("a new webhook's secret is shown once", async () => {
  const asked = play(page({ "POST /api/webhooks": { body: { ...NEW, secret: "whsec_only_here" } } }));
  show(<Webhooks />);
  await userEvent.click(await screen.findByRole("button", { name: "New webhook" }));
  await userEvent.type(screen.getByLabelText(/^Name/), "reports");
  await userEvent.type(screen.getByLabelText(/^Address/), "https://jobs.example.com/promptly");
  await userEvent.click(screen.getByRole("button", { name: "Add the webhook" }));
  expect(await screen.findByText("whsec_only_here")).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/webhooks")?.body).toEqual({ name: "reports", url: "https://jobs.example.com/promptly" });
});

it("a webhook is verified, and removed after a question", async () => {
  const asked = play(page({ "POST /api/webhooks/whk_2/verify": { status: 400, body: { detail: "The webhook is not verified. It answered 404." } }, "DELETE /api/webhooks/whk_1": { body: null } }));
  show(<Webhooks />);
  await userEvent.click(await screen.findByRole("button", { name: "Verify reports" }));
  expect((await screen.findByRole("alert")).textContent).toContain("It answered 404.");
  await userEvent.click(screen.getByRole("button", { name: "Remove night-jobs" }));
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(asked.some((one) => one.route === "DELETE /api/webhooks/whk_1")).toBe(true));
});

it("who may not change them sees them without buttons", async () => {
  play(page());
  show(<Webhooks />, "viewer");
  expect(await screen.findByRole("row", { name: /night-jobs/ })).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
