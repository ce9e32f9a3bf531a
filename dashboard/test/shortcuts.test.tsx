import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { Shortcuts } from "../src/app/Shortcuts";
import { show } from "./show";

it("g and a letter leads to a page, and not while somebody types", async () => {
  show(
    <>
      <Shortcuts />
      <input aria-label="Name" />
    </>,
  );
  const user = userEvent.setup();
  await user.keyboard("gc");
  expect(window.location.pathname).toBe("/costs");
  await user.keyboard("o");
  expect(window.location.pathname).toBe("/costs");
  await user.type(screen.getByLabelText("Name"), "go/?");
  expect(window.location.pathname).toBe("/costs");
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("a slash leads to the search, a question mark shows all keys", async () => {
  show(
    <>
      <Shortcuts />
      <form role="search">
        <input aria-label="Request's id" />
      </form>
    </>,
  );
  const user = userEvent.setup();
  await user.keyboard("/");
  expect(document.activeElement).toBe(screen.getByLabelText("Request's id"));
  (document.activeElement as HTMLElement).blur();
  await user.keyboard("?");
  expect((await screen.findByRole("dialog")).textContent).toContain("Find a request by its id");
  await user.keyboard("gr");
  await waitFor(() => expect(window.location.pathname).toBe("/"));
});
