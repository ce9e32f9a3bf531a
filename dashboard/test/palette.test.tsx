import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Palette } from "../src/app/Palette";
import { Shortcuts } from "../src/app/Shortcuts";
import { session } from "../src/api/session";
import { isRequestId, namedInRequests } from "../src/pages/requests/named";
import { play } from "./api";
import { show } from "./show";

const ID = `req_${"0198f3a2b1c4".padEnd(32, "7")}`;

function here(): string {
  return window.location.pathname + window.location.search;
}

async function opened() {
  show(
    <>
      <Palette />
      <Shortcuts />
      <input aria-label="Name" />
    </>,
  );
  const user = userEvent.setup();
  const name = screen.getByLabelText("Name");
  await user.click(name);
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByRole("combobox", { name: "Search or go to" });
  await waitFor(() => expect(document.activeElement).toBe(field));
  const chosen = (): string | null | undefined => document.getElementById(field.getAttribute("aria-activedescendant") ?? "")?.textContent;
  return { user, name, field, chosen };
}

it("opens from a field, leads to a page by its name, and closes", async () => {
  const { user, chosen } = await opened();
  expect(chosen()).toBe("Overview");
  await user.keyboard("perf");
  expect(chosen()).toBe("Performance");
  await user.keyboard("{Enter}");
  expect(here()).toBe("/performance");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("arrows go round, and say what is chosen", async () => {
  play({ "POST /api/auth/logout": { status: 204 } });
  const { user, chosen } = await opened();
  await user.keyboard("{ArrowDown}");
  expect(chosen()).toBe("Costs");
  expect(screen.getByRole("option", { selected: true }).textContent).toBe("Costs");
  await user.keyboard("{ArrowUp}{ArrowUp}");
  expect(chosen()).toBe("Sign out");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(here()).toBe("/login"));
});

it.each(["{Escape}", "{Control>}k{/Control}"])("%s closes it, and the focus comes back", async (keys) => {
  const { user, name } = await opened();
  await user.keyboard(keys);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(name));
  expect(here()).toBe("/");
});

it("stays away while another question is open", async () => {
  show(
    <>
      <Palette />
      <Shortcuts />
    </>,
  );
  const user = userEvent.setup();
  await user.keyboard("?");
  await screen.findByText("Search, or go to a page");
  await user.keyboard("{Meta>}k{/Meta}");
  expect(screen.queryByRole("combobox")).toBeNull();
});

it("opens a request by its id, and finds others by what is typed", async () => {
  const { user } = await opened();
  await user.keyboard(ID);
  expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual([`Open request ${ID}`]);
  await user.keyboard("{Enter}");
  expect(here()).toBe(`/requests/${ID}`);
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox"), "acme/gpt & co");
  await user.click(screen.getByText("Find user acme/gpt & co in requests"));
  expect(new URLSearchParams(window.location.search).get("user")).toBe("acme/gpt & co");
});

it("signs out, and opens the API's reference beside the page", async () => {
  const asked = play({ "POST /api/auth/logout": { status: 204 } });
  const open = vi.fn();
  vi.stubGlobal("open", open);
  const { user } = await opened();
  await user.keyboard("control plane{Enter}");
  expect(open).toHaveBeenCalledWith("/docs/control-plane", "_blank", "noopener");
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox"), "sign out");
  session.begin("tok_1");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(asked.map((one) => one.route)).toContain("POST /api/auth/logout"));
  await waitFor(() => expect(session.token()).toBeNull());
});

it("lists no page on which the role has nothing to do", async () => {
  show(<Palette />, "viewer");
  await userEvent.setup().keyboard("{Control>}k{/Control}");
  const names = (await screen.findAllByRole("option")).map((one) => one.textContent);
  expect(names).toContain("Requests");
  expect(names).not.toContain("Playground");
});

it("knows an id, its beginning, a tag, a model or a user", () => {
  expect(isRequestId(ID)).toBe(true);
  expect(isRequestId(`${ID}7`)).toBe(false);
  expect(namedInRequests("  ")).toEqual([]);
  expect(namedInRequests(`  ${ID} `).map((one) => one.path)).toEqual([`/requests/${ID}`]);
  const [part] = namedInRequests("req_0198f3a2");
  // What is between the two is every millisecond that begins so, and no other.
  const query = new URLSearchParams(part?.path.split("?")[1]);
  const [from, to] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  expect(from.toString(16).padStart(12, "0")).toBe("0198f3a20000");
  expect((to - 1).toString(16).padStart(12, "0")).toBe("0198f3a2ffff");
  expect(namedInRequests("team=search=x").map((one) => one.path)).toEqual(["/requests?tag=team%3Dsearch%3Dx"]);
  expect(namedInRequests("=x").map((one) => one.path)).toEqual(["/requests?model=%3Dx", "/requests?user=%3Dx"]);
  // No year with five digits is asked for.
  expect(namedInRequests("req_ffff").map((one) => one.path)).toEqual(["/requests?model=req_ffff", "/requests?user=req_ffff"]);
});
