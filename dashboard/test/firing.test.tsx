import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { Firing } from "../src/app/Firing";
import { play } from "./api";
import { show } from "./show";

const rule = (name: string, firing_since: string | null, is_active = true) => ({ id: name, name, firing_since, is_active });

it("an alert that fires is told on every page, and leads to the alerts", async () => {
  play({ "GET /api/alerts/rules": { body: { rules: [rule("Spend", "2026-01-01T00:00:00Z"), rule("Quiet", null), rule("Paused", "2026-01-01T00:00:00Z", false)] } } });
  show(<Firing />);
  expect((await screen.findByTestId("firing")).textContent).toBe("An alert is firing: Spend. Look at the alerts");
  expect(screen.getByRole("link").getAttribute("href")).toBe("/alerts");
});

it("many are counted, and none is no line", async () => {
  play({ "GET /api/alerts/rules": { body: { rules: ["a", "b", "c", "d", "e"].map((name) => rule(name, "2026-01-01T00:00:00Z")) } } });
  const many = show(<Firing />);
  expect((await screen.findByTestId("firing")).textContent).toContain("Alerts are firing: a, b, c and 2 more.");
  many.unmount();
  const asked = play({ "GET /api/alerts/rules": { body: { rules: [] } } });
  show(<Firing />);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(screen.queryByTestId("firing")).toBeNull();
});
