import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Budgets from "../src/pages/Budgets";
import { type Answers, play } from "./api";
import { show } from "./show";

const TEAM = { id: "team_1", name: "Search", keys: 2, members: 1, is_member: true, created_at: "2026-01-01T00:00:00Z" };
const EACH = {
  id: "bgt_1",
  name: "Each user",
  subject: "user",
  tag: null,
  value: null,
  value_name: null,
  period: "day",
  limit_usd: 5,
  on_exceed: "route_simple",
  created_at: "2026-01-01T00:00:00Z",
  period_start: "2026-01-01T00:00:00Z",
  period_end: "2026-01-02T00:00:00Z",
  spent_usd: null,
  remaining_usd: null,
  values: [
    { value: "ann", name: null, spent_usd: 6, remaining_usd: -1 },
    { value: "bob", name: null, spent_usd: 1.25, remaining_usd: 3.75 },
  ],
};
const ONE = { ...EACH, id: "bgt_2", name: "Search", subject: "team", value: "team_1", value_name: "Search", period: "month", limit_usd: 100, on_exceed: "block", spent_usd: 25, remaining_usd: 75, values: [] };
const AWAY = { ...EACH, id: "bgt_3", name: "App", subject: "tag", tag: "app", value: "x", on_exceed: "alert", values: [] };
const with_ = (budgets: unknown[], teams: unknown[] = [TEAM]): Answers => ({ "GET /api/budgets": { body: { budgets } }, "GET /api/teams": { body: { teams } } });

it("a budget says whose it is, what is spent and what is left, also of each value, and what is not known", async () => {
  play(with_([EACH, ONE, AWAY]));
  show(<Budgets />);
  expect(await screen.findByText("each user")).toBeTruthy();
  const rows = within(screen.getByRole("group", { name: "Budgets, table" }));
  expect(rows.getByText("$6.00 spent, $1.00 over")).toBeTruthy();
  expect(rows.getByText("$1.25 spent, $3.75 left")).toBeTruthy();
  expect(rows.getByText("the team Search")).toBeTruthy();
  expect(rows.getByText("$25.00 spent, $75.00 left")).toBeTruthy();
  expect(rows.getByText("app = x")).toBeTruthy();
  expect(rows.getByText("not known now")).toBeTruthy();
  expect(["routed as simple", "refused", "admins are told"].every((text) => rows.getByText(text))).toBe(true);
});

it("of many values few are shown until all are asked for", async () => {
  const values = Array.from({ length: 9 }, (_, at) => ({ value: `user_${at}`, name: null, spent_usd: 1, remaining_usd: 4 }));
  play(with_([{ ...EACH, values }]));
  show(<Budgets />);
  expect(await screen.findByText("user_2")).toBeTruthy();
  expect(screen.queryByText("user_3")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "More values of Each user" }));
  expect(screen.getByText("user_8")).toBeTruthy();
});

it("a budget is made for each value, and of a tag", async () => {
  const asked = play({ ...with_([]), "POST /api/budgets": { status: 201, body: ONE } });
  show(<Budgets />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New budget" }));
  const form = screen.getByRole("form", { name: "New budget" });
  const make = within(form).getByRole("button", { name: "Make the budget" });
  expect(make.hasAttribute("disabled")).toBe(true);
  await user.type(within(form).getByLabelText(/^Name/), "App");
  await user.selectOptions(within(form).getByLabelText("Of"), "tag");
  await user.type(within(form).getByLabelText(/^Tag's name/), "app");
  await user.type(within(form).getByLabelText(/^Dollars/), "2.5");
  await user.selectOptions(within(form).getByLabelText("Where there is no room"), "route_simple");
  expect(within(form).getByText(/manual routing stay as they are/)).toBeTruthy();
  await user.click(make);
  await waitFor(() => expect(asked.some((one) => one.route === "POST /api/budgets")).toBe(true));
  expect(asked.find((one) => one.route === "POST /api/budgets")?.body).toEqual({
    name: "App",
    subject: "tag",
    tag: "app",
    value: null,
    period: "day",
    limit_usd: 2.5,
    on_exceed: "route_simple",
  });
});

it("a budget is edited and what the API refuses is said at its field", async () => {
  const asked = play({
    ...with_([ONE]),
    "PATCH /api/budgets/bgt_2": { status: 400, body: { detail: "limit_usd is an amount.", errors: [{ field: "limit_usd", message: "is too much" }] } },
  });
  show(<Budgets />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Edit Search" }));
  const dialog = await screen.findByRole("dialog");
  expect((within(dialog).getByLabelText("Which") as HTMLSelectElement).value).toBe("team_1");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("is too much")).toBeTruthy();
  expect(asked.find((one) => one.route.startsWith("PATCH"))?.body).toMatchObject({ subject: "team", value: "team_1", tag: null, limit_usd: 100 });
});

const PAGE = { id: "team_1", name: "Search", members: [{ id: "usr_1", email: "ada@example.com", role: "member" }], keys: [{ id: "key_1", name: "crawler", last_four: "k3Yz", created_by: "usr_1" }] };

it("an admin puts people into a team and takes them out", async () => {
  const people = [
    { id: "usr_1", email: "ada@example.com", role: "member", created_at: "2026-01-01T00:00:00Z", suspended: false },
    { id: "usr_2", email: "bob@example.com", role: "member", created_at: "2026-01-01T00:00:00Z", suspended: false },
  ];
  const asked = play({
    ...with_([]),
    "GET /api/teams/team_1": { body: PAGE },
    "GET /api/team/members": { body: { members: people } },
    "PUT /api/teams/team_1/members/usr_2": { status: 204, body: null },
    "DELETE /api/teams/team_1/members/usr_1": { status: 204, body: null },
  });
  show(<Budgets />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Members of Search" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText("crawler …k3Yz")).toBeTruthy();
  expect((await dialog.findByLabelText<HTMLInputElement>("ada@example.com")).checked).toBe(true);
  await user.click(dialog.getByLabelText("bob@example.com"));
  await waitFor(() => expect(asked.some((one) => one.route === "PUT /api/teams/team_1/members/usr_2")).toBe(true));
  await waitFor(() => expect(dialog.getByLabelText<HTMLInputElement>("ada@example.com").disabled).toBe(false));
  await user.click(dialog.getByLabelText("ada@example.com"));
  await waitFor(() => expect(asked.some((one) => one.route === "DELETE /api/teams/team_1/members/usr_1")).toBe(true));
});

it("a team is made, renamed and deleted", async () => {
  const asked = play({
    ...with_([]),
    "POST /api/teams": { status: 201, body: TEAM },
    "PATCH /api/teams/team_1": { body: TEAM },
    "DELETE /api/teams/team_1": { status: 409, body: { detail: 'The budget "b" is about this team.' } },
  });
  show(<Budgets />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "New team" }));
  await user.type(within(screen.getByRole("form", { name: "New team" })).getByLabelText(/^Name/), "Find");
  await user.click(screen.getByRole("button", { name: "Make the team" }));
  await waitFor(() => expect(asked.find((one) => one.route === "POST /api/teams")?.body).toEqual({ name: "Find" }));
  await user.click(screen.getByRole("button", { name: "Rename Search" }));
  const renaming = await screen.findByRole("dialog");
  await user.type(within(renaming).getByLabelText(/^Name/), "!");
  await user.click(within(renaming).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked.find((one) => one.route === "PATCH /api/teams/team_1")?.body).toEqual({ name: "Search!" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.click(screen.getByRole("button", { name: "Delete Search" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  expect(await within(dialog).findByText('The budget "b" is about this team.')).toBeTruthy();
});

it("who may not change settings sees budgets and teams and changes neither", async () => {
  play(with_([ONE]));
  show(<Budgets />, "member");
  expect(await screen.findByText("the team Search")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /New|Edit|Rename|Delete/ })).toBeNull();
});
