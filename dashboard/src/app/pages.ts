// The pages of the menu, in its order; g and a page's key lead there.
import type { IconName } from "../ui/Icon";
import { type Action, useWho } from "./who";

export interface MenuPage {
  section: string;
  label: string;
  icon: IconName;
  /** What it is for: a line in the menu stands between one group and the next. */
  group: "figures" | "settings" | "organization";
  key?: string;
  needs?: Action;
}

export const PAGES: readonly MenuPage[] = [
  { section: "", label: "Overview", icon: "chart", group: "figures", key: "o" },
  { section: "costs", label: "Costs", icon: "pie", group: "figures", key: "c" },
  { section: "budgets", label: "Budgets", icon: "wallet", group: "figures", key: "b" },
  { section: "performance", label: "Performance", icon: "gauge", group: "figures", key: "p" },
  { section: "measured", label: "Measured", icon: "scales", group: "figures", key: "m" },
  { section: "requests", label: "Requests", icon: "list", group: "figures", key: "r" },
  { section: "playground", label: "Playground", icon: "play", group: "settings", needs: "use_keys" },
  { section: "keys", label: "Keys", icon: "key", group: "settings", key: "k" },
  { section: "optimization", label: "Optimization", icon: "sliders", group: "settings" },
  { section: "routing", label: "Routing", icon: "route", group: "settings" },
  { section: "cache", label: "Cache", icon: "stack", group: "settings" },
  { section: "alerts", label: "Alerts", icon: "bell", group: "settings", key: "a" },
  { section: "team", label: "Team", icon: "people", group: "organization" },
  { section: "organization", label: "Organization", icon: "house", group: "organization" },
  { section: "credits", label: "Credits", icon: "coin", group: "organization" },
  { section: "start", label: "Get started", icon: "flag", group: "organization" },
];

/** What the pages are called, also those that others lead to. */
export const TITLES = new Map([...PAGES.map(({ section, label }) => [section, label] as const), ["conversations", "Conversation"]]);

/** Those that the role has something to do on. */
export function useMenu(): readonly MenuPage[] {
  const { permissions } = useWho();
  return PAGES.filter(({ needs }) => needs === undefined || permissions.includes(needs));
}
