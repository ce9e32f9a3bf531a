import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { useShownDensity } from "../src/app/density";
import { Palette } from "../src/app/Palette";
import { show } from "./show";

afterEach(() => localStorage.clear());

function Page() {
  useShownDensity();
  return <Palette />;
}

const shown = (): string | undefined => document.documentElement.dataset["density"];

it("tables are made compact from the palette, which is remembered", async () => {
  const first = show(<Page />);
  expect(shown()).toBe("comfortable");
  const user = userEvent.setup();
  await user.keyboard("{Control>}k{/Control}");
  await user.keyboard("compact");
  await user.click(await screen.findByRole("option", { name: "Use compact tables" }));
  await waitFor(() => expect(shown()).toBe("compact"));
  first.unmount();
  show(<Page />);
  expect(shown()).toBe("compact");
  await user.keyboard("{Control>}k{/Control}");
  expect(await screen.findByRole("option", { name: "Use comfortable tables" })).toBeTruthy();
});

it("what is no density counts as none", () => {
  localStorage.setItem("promptly-density", "<b>");
  show(<Page />);
  expect(shown()).toBe("comfortable");
});
