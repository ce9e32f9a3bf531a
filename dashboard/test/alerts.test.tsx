import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Alerts from "../src/pages/Alerts";
import { amount, sentence } from "../src/pages/alerts/words";
import { type Answers, play } from "./api";
import { show } from "./show";

const ALL = { by: "organization", value: "", tag: null, name: "" } as const;
const RULE = {
  id: "alr_1",
  name: "High daily spend",
  metric: "daily_spend",
  operator: "gt",
  threshold: 50,
  channels: ["email", "webhook"],
  window_minutes: 60,
  cooldown_minutes: 60,
  scope: ALL,
  channel_config: { webhook: { url: "https://hooks.example.com/…hook", secret: "…9f3a" } },
  is_active: true,
  firing_since: null,
  created_at: "2026-01-01T00:00:00Z",
};
const FIRED = {
  id: "ale_1",
  rule_id: "alr_1",
  rule_name: "High daily spend",
  metric: "daily_spend",
  kind: "fired",
  value: 61.2,
  threshold: 50,
  time: "2026-01-01T00:00:00Z",
  data_as_of: null,
  forecast: 88,
  scope: ALL,
  message: "$61.20 was spent today, more than $50; on pace for $88 of $50.",
  notifications: [
    { channel: "email", state: "sent", attempts: 1, error: null },
    { channel: "webhook", state: "waiting", attempts: 2, error: "The receiver answered 500." },
  ],
};
const with_ = (rules: unknown[], events: unknown[] = []): Answers => ({
  "GET /api/alerts/rules": { body: { rules } },
  "GET /api/alerts/events": { body: { events } },
});

it("a rule is added with a webhook, and its secret is shown once", async () => {
  const secret = "whsec_only-here";
  const made = { ...RULE, channels: ["webhook"], channel_config: { webhook: { url: "https://hooks.example.com/…hook", secret } } };
  const asked = play({ ...with_([]), "POST /api/alerts/rules": { status: 201, body: made } });
  show(<Alerts />, "member");
  const user = userEvent.setup();
  expect(await screen.findByText("No rules yet")).toBeTruthy();
  expect(await screen.findByText("Nothing has fired yet")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "New rule" }));
  const form = screen.getByRole("form", { name: "New rule" });
  fireEvent.change(within(form).getByLabelText(/^Name/), { target: { value: "Slow" } });
  await user.selectOptions(within(form).getByLabelText("Watch"), "latency_p95");
  await user.selectOptions(within(form).getByLabelText("Fire when it is"), "gte");
  fireEvent.change(within(form).getByLabelText(/^Threshold, milliseconds/), { target: { value: "2000" } });
  fireEvent.change(within(form).getByLabelText(/^Minutes that it looks back/), { target: { value: "15" } });
  await user.click(within(form).getByLabelText("E-mail to the admins"));
  expect(within(form).getByRole("button", { name: "Make the rule" }).hasAttribute("disabled")).toBe(true);
  await user.click(within(form).getByLabelText("Webhook"));
  fireEvent.change(within(form).getByLabelText(/^Webhook's URL/), { target: { value: "https://hooks.example.com/my/hook" } });
  await user.click(within(form).getByRole("button", { name: "Make the rule" }));
  expect(await screen.findByText(secret)).toBeTruthy();
  expect(asked.find((one) => one.route === "POST /api/alerts/rules")?.body).toEqual({
    name: "Slow",
    scope: { by: "organization", value: "", tag: null },
    metric: "latency_p95",
    operator: "gte",
    threshold: 2000,
    channels: ["webhook"],
    channel_config: { webhook: { url: "https://hooks.example.com/my/hook", secret: "" }, slack: null },
    window_minutes: 15,
    cooldown_minutes: 60,
    is_active: true,
  });
  await user.click(screen.getByRole("button", { name: "I have stored it" }));
  expect(screen.queryByText(secret)).toBeNull();
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain(secret);
});

it("what the API refuses stands next to its field", async () => {
  const sentence = "threshold of error_rate is a percentage between 0 and 100.";
  play({ ...with_([]), "POST /api/alerts/rules": { status: 400, body: { detail: sentence, errors: [{ field: "threshold", message: sentence }] } } });
  show(<Alerts />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  const form = screen.getByRole("form", { name: "New rule" });
  fireEvent.change(within(form).getByLabelText(/^Name/), { target: { value: "Errors" } });
  await user.selectOptions(within(form).getByLabelText("Watch"), "error_rate");
  fireEvent.change(within(form).getByLabelText(/^Threshold/), { target: { value: "150" } });
  await user.click(within(form).getByRole("button", { name: "Make the rule" }));
  expect((await within(form).findByRole("alert")).textContent).toContain(sentence);
  await waitFor(() => expect(within(form).getByLabelText(/^Threshold/).getAttribute("aria-invalid")).toBe("true"));
});

it("an edit puts back what was masked as it was shown, and shows no secret that is not new", async () => {
  const asked = play({ ...with_([RULE]), "PUT /api/alerts/rules/alr_1": { body: { ...RULE, threshold: 75 } } });
  show(<Alerts />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit High daily spend" }));
  const form = screen.getByRole("form", { name: "Edit High daily spend" });
  const threshold = within(form).getByLabelText(/^Threshold, dollars/);
  fireEvent.change(threshold, { target: { value: "75" } });
  await user.click(within(form).getByRole("button", { name: "Save the rule" }));
  expect(document.activeElement).toBe(await screen.findByRole("button", { name: "Edit High daily spend" }));
  expect(asked.find((one) => one.route.startsWith("PUT"))?.body).toEqual({
    name: "High daily spend",
    scope: { by: "organization", value: "", tag: null },
    metric: "daily_spend",
    operator: "gt",
    threshold: 75,
    channels: ["email", "webhook"],
    channel_config: { webhook: { url: "https://hooks.example.com/…hook", secret: "" }, slack: null },
    window_minutes: 60,
    cooldown_minutes: 60,
    is_active: null,
  });
  expect(screen.queryByTestId("shown-once")).toBeNull();
});

it("a rule says where it stands, is tested channel by channel, and switched off alone", async () => {
  let rule: Record<string, unknown> = { ...RULE, firing_since: new Date(Date.now() - 180_000).toISOString() };
  const asked = play({
    ...with_([]),
    "GET /api/alerts/rules": () => ({ body: { rules: [rule] } }),
    "POST /api/alerts/rules/alr_1/test": {
      body: {
        notifications: [
          { channel: "email", state: "failed", attempts: 1, error: "No mail server is set up." },
          { channel: "webhook", state: "sent", attempts: 1, error: null },
        ],
      },
    },
    "PUT /api/alerts/rules/alr_1": () => {
      rule = { ...RULE, is_active: false };
      return { body: rule };
    },
  });
  show(<Alerts />, "member");
  const user = userEvent.setup();
  const card = await screen.findByRole("article", { name: "High daily spend" });
  expect(within(card).getByText("Firing · began 3 minutes ago")).toBeTruthy();
  expect(within(card).getByText("Tells by e-mail to the admins, webhook (https://hooks.example.com/…hook); then quiet for 1 hour.")).toBeTruthy();
  expect(within(card).getByText("Fires when the day's spend (UTC) is more than $50.00.")).toBeTruthy();
  await user.click(within(card).getByRole("button", { name: "Test High daily spend" }));
  expect(await within(card).findByText("E-mail: failed")).toBeTruthy();
  expect(within(card).getByText("No mail server is set up.")).toBeTruthy();
  expect(within(card).getByText("Webhook: sent")).toBeTruthy();
  await user.click(within(card).getByRole("switch"));
  expect(await within(card).findByText("Off")).toBeTruthy();
  const sent = asked.find((one) => one.route.startsWith("PUT"))?.body as Record<string, unknown>;
  expect(Object.entries(sent).filter(([, value]) => value !== null)).toEqual([["is_active", false]]);
});

it("deleting asks first", async () => {
  let rules: unknown[] = [RULE];
  play({
    ...with_([]),
    "GET /api/alerts/rules": () => ({ body: { rules } }),
    "DELETE /api/alerts/rules/alr_1": () => {
      rules = [];
      return { status: 204 };
    },
  });
  show(<Alerts />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Delete High daily spend" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("No rules yet")).toBeTruthy();
});

it("the history tells value against threshold, the forecast, and what became of telling; a viewer changes nothing", async () => {
  play(with_([RULE], [{ ...FIRED, id: "ale_2", kind: "resolved", metric: "error_rate", value: 1.25, threshold: 5, forecast: null, message: "", notifications: [] }, FIRED]));
  show(<Alerts />, "viewer");
  const [recovered, fired] = (await screen.findAllByText(/^(Fired|Recovered)$/)).map((one) => one.closest("tr")?.textContent ?? "");
  expect(recovered).toContain("1.25\u00a0%5\u00a0%");
  expect(fired).toContain("$61.20on pace for $88.00$50.00");
  expect(fired).toContain("E-mail: sent");
  expect(fired).toContain("Webhook: waitingTried 2 times. The receiver answered 500.");
  expect(await screen.findByRole("article")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /New rule|Test|Edit|Delete/ })).toBeNull();
  expect(screen.queryByRole("switch")).toBeNull();
});

it("figures have their unit", () => {
  expect([amount("daily_spend", 0.00002), amount("error_rate", 12.5), amount("latency_p95", 12_345), amount("savings_percentage", -3)]).toEqual([
    "$0.00002",
    "12.5\u00a0%",
    "12,345\u00a0ms",
    "-3\u00a0%",
  ]);
  expect(sentence({ metric: "error_rate", operator: "lte", threshold: 5, window_minutes: 1, scope: ALL })).toBe("Fires when the share of failed requests over 1 minute is at most 5\u00a0%.");
});

it("a rule is made for a tag, and says whose requests it counts", async () => {
  const asked = play({ ...with_([]), "POST /api/alerts/rules": { status: 201, body: RULE } });
  show(<Alerts />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  const form = screen.getByRole("form", { name: "New rule" });
  fireEvent.change(within(form).getByLabelText(/^Name/), { target: { value: "Europe" } });
  fireEvent.change(within(form).getByLabelText(/^Threshold/), { target: { value: "5" } });
  await user.selectOptions(within(form).getByLabelText("Requests"), "tag");
  fireEvent.change(within(form).getByLabelText(/^Tag's name/), { target: { value: "region" } });
  fireEvent.change(within(form).getByLabelText(/^Which/), { target: { value: "eu" } });
  await user.click(within(form).getByRole("button", { name: "Make the rule" }));
  await waitFor(() => expect(asked.find((one) => one.route === "POST /api/alerts/rules")?.body).toMatchObject({ scope: { by: "tag", tag: "region", value: "eu" } }));
  expect(sentence({ ...RULE, metric: "daily_spend", operator: "gt", scope: { by: "tag", tag: "region", value: "eu", name: "" } })).toMatch(/counting only requests of region=eu\.$/);
});

it("a rule of a key that is not there any more keeps it", async () => {
  const scope = { by: "key", value: "key_gone", tag: null, name: "Old one" };
  const asked = play({ ...with_([{ ...RULE, channels: ["email"], channel_config: {}, scope }]), "GET /api/keys/platform": { body: { keys: [] } }, "PUT /api/alerts/rules/alr_1": { body: RULE } });
  show(<Alerts />);
  const user = userEvent.setup();
  expect(await screen.findByText(/counting only requests of key Old one\./)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Edit High daily spend" }));
  const form = screen.getByRole("form", { name: "Edit High daily spend" });
  expect(within(form).getByRole<HTMLOptionElement>("option", { name: "Old one" }).selected).toBe(true);
  await user.click(within(form).getByRole("button", { name: "Save the rule" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PUT /api/alerts/rules/alr_1")?.body).toMatchObject({ scope: { by: "key", value: "key_gone" } }));
});

it("a month and an unusual day are watched without minutes, and an unusual day only from above", async () => {
  const asked = play({ ...with_([]), "POST /api/alerts/rules": { status: 201, body: { ...RULE, metric: "spend_anomaly", threshold: 5, channels: ["email"], channel_config: {} } } });
  show(<Alerts />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  const form = within(screen.getByRole("form", { name: "New rule" }));
  await user.selectOptions(form.getByLabelText("Fire when it is"), "lt");
  await user.selectOptions(form.getByLabelText("Watch"), "monthly_spend");
  expect(form.queryByLabelText(/^Minutes that it looks back/)).toBeNull();
  await user.selectOptions(form.getByLabelText("Watch"), "spend_anomaly");
  expect(form.queryByLabelText(/^Minutes that it looks back/)).toBeNull();
  expect(form.getByText(/hardly ever fires on ordinary days/)).toBeTruthy();
  expect(within(form.getByLabelText("Fire when it is")).getAllByRole("option").map((one) => one.textContent)).toEqual(["more than", "at least"]);
  fireEvent.change(form.getByLabelText(/^Name/), { target: { value: "Unusual" } });
  await user.click(form.getByRole("button", { name: "Make the rule" }));
  await waitFor(() => expect(asked.find((one) => one.route === "POST /api/alerts/rules")?.body).toMatchObject({ metric: "spend_anomaly", operator: "gt", threshold: 5 }));
  expect(sentence({ metric: "spend_anomaly", operator: "gt", threshold: 5, window_minutes: 60, scope: ALL })).toBe("Fires when the day's spend above what its day of the week usually costs is more than 5 deviations.");
});
