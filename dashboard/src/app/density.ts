// How close the rows of tables stand, in this browser.
import { useLocalStorage } from "@mantine/hooks";
import { useEffect } from "react";

const DENSITIES = ["comfortable", "compact"] as const;
type Density = (typeof DENSITIES)[number];

function useDensity() {
  return useLocalStorage<Density>({
    key: "promptly-density",
    defaultValue: "comfortable",
    getInitialValueInEffect: false,
    serialize: (value) => value,
    deserialize: (text) => DENSITIES.find((one) => one === text) ?? "comfortable",
  });
}

/** The density that is not shown, and what shows it. */
export function useOtherDensity(): { other: Density; use: () => void } {
  const [density, set] = useDensity();
  const other = density === "compact" ? "comfortable" : "compact";
  return { other, use: () => set(other) };
}

/** Has the style sheet know of it. */
export function useShownDensity(): void {
  const [density] = useDensity();
  useEffect(() => {
    document.documentElement.dataset["density"] = density;
  }, [density]);
}
