import { screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { Boundary } from "../src/app/Boundary";
import { show } from "./show";

function Broken(): never {
  throw new TypeError("Failed to fetch dynamically imported module");
}

it("without a connection, no update is blamed for what cannot be fetched", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined); // React tells what was thrown
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
  const offline = show(<Boundary><Broken /></Boundary>);
  expect(await screen.findByText(/Promptly cannot be reached/)).toBeTruthy();
  expect(screen.queryByText(/updated/)).toBeNull();
  offline.unmount();
  vi.stubGlobal("fetch", async () => new Response(null));
  show(<Boundary><Broken /></Boundary>);
  expect(await screen.findByText(/may have been updated/)).toBeTruthy();
  vi.restoreAllMocks();
});
