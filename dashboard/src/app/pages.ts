// The pages of the menu, in its order; g and a page's key lead there.
import type { IconName } from "../ui/Icon";
import { type Action, useWho } from "./who";

export interface MenuPage {
  section: string;
  label: string;
  icon: IconName;
  key?: string;
  needs?: Action;
}

export const PAGES: readonly MenuPage[] = [
  { section: "", label: "Overview", icon: "chart", key: "o" },
  { section: "costs", label: "Costs", icon: "pie", key: "c" },
  { section: "budgets", label: "Budgets", icon: "wallet", key: "b" },
  { section: "performance", label: "Performance", icon: "gauge", key: "p" },
  { section: "measured", label: "Measured", icon: "scales", key: "m" },
  { section: "requests", label: "Requests", icon: "list", key: "r" },
  { section: "playground", label: "Playground", icon: "play", needs: "use_keys" },
  { section: "keys", label: "Keys", icon: "key", key: "k" },
  { section: "optimization", label: "Optimization", icon: "sliders" },
  { section: "routing", label: "Routing", icon: "route" },
  { section: "cache", label: "Cache", icon: "stack" },
  { section: "alerts", label: "Alerts", icon: "bell", key: "a" },
  { section: "team", label: "Team", icon: "people" },
  { section: "organization", label: "Organization", icon: "house" },
  { section: "credits", label: "Credits", icon: "coin" },
  { section: "start", label: "Get started", icon: "flag" },
];

/** What the pages are called, also those that others lead to. */
export const TITLES = new Map([...PAGES.map(({ section, label }) => [section, label] as const), ["conversations", "Conversation"]]);

/** Those that the role has something to do on. */
export function useMenu(): readonly MenuPage[] {
  const { permissions } = useWho();
  return PAGES.filter(({ needs }) => needs === undefined || permissions.includes(needs));
}
