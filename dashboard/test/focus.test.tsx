import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useEffect, useState } from "react";
import { expect, it } from "vitest";
import { Frame } from "../src/app/Frame";
import { go } from "../src/app/router";
import Keys from "../src/pages/Keys";
import { keepFocus } from "../src/ui/focus";
import { Panel } from "../src/ui/states";
import { PROVIDERS, play } from "./api";
import { show } from "./show";

const key = (id: string, name: string) => ({
  id,
  name,
  prefix: "sk-promptly-",
  last_four: "wxyz",
  scopes: ["chat"],
  rpm: 500,
  monthly_budget_usd: null,
  expires_at: null,
  created_by: "usr_1",
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: null,
});

it("a key that goes leaves the keyboard at the keys, a new one where it was asked for", async () => {
  let keys = [key("key_1", "Checkout")];
  let up = false;
  play({
    "GET /api/keys/platform": () => ({ body: { keys } }),
    "GET /api/keys/providers": { body: { keys: [], providers: PROVIDERS } },
    "POST /api/keys/platform": { body: { ...key("key_2", "Search"), api_key: "sk-promptly-x" } },
    "DELETE /api/keys/platform/key_1": () => {
      if (!up) return { status: 503, body: { detail: "Not now." } };
      keys = [];
      return { status: 204 };
    },
  });
  show(<Keys />);
  const user = userEvent.setup();
  const ask = async () => {
    await user.click(await screen.findByRole("button", { name: /^Revoke Checkout/ }));
    return within(await screen.findByRole("dialog"));
  };
  const refused = await ask();
  await user.click(refused.getByRole("button", { name: "Revoke" }));
  await refused.findByText("Not now.");
  await user.click(refused.getByRole("button", { name: "Keep it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  up = true;
  const again = await ask();
  expect(again.queryByText("Not now.")).toBeNull();
  await user.click(again.getByRole("button", { name: "Revoke" }));
  await screen.findByText("No keys yet");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Promptly keys" })));

  await user.click(screen.getByRole("button", { name: "New key" }));
  await user.type(screen.getByLabelText(/^Name/), "Search");
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  await user.click(await screen.findByRole("button", { name: "I have stored it" }));
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Promptly keys" }));
});

function Once({ outcome }: { outcome: () => Promise<unknown> }) {
  const client = useQueryClient();
  const [gone, setGone] = useState(false);
  useEffect(() => keepFocus(client.getMutationCache()), [client]);
  const task = useMutation({ mutationFn: outcome, onSuccess: () => setGone(true) });
  return (
    <Panel title="Things">
      {!gone && !task.isPending && <Button onClick={() => task.mutate()}>Do it</Button>}
      {task.error?.message}
    </Panel>
  );
}

it("what had the focus while something was done gets it back, or its panel does", async () => {
  let good = false;
  const outcome = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 20)); // long enough to be seen waiting
    if (!good) throw new Error("Not yet");
  };
  show(<Once outcome={outcome} />);
  const user = userEvent.setup();
  const press = async () => user.click(screen.getByRole("button", { name: "Do it" }));
  await press();
  await screen.findByText("Not yet");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Things" })));
  good = true;
  await press();
  await waitFor(() => expect(screen.queryByRole("button")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Things" })));
});

it("another page takes the focus, and not the first one", () => {
  show(<Frame section="">Here</Frame>);
  expect(document.activeElement).toBe(document.body);
  act(() => go("/keys"));
  expect(document.activeElement).toBe(screen.getByRole("main"));
});
