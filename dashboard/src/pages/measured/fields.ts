// Fields of the audit log in words.
const NAMES = new Map(Object.entries({
  level: "Level",
  whitespace_removal: "Whitespace and JSON",
  redundancy_elimination: "Repeats",
  system_prompt_compression: "Instructions",
  context_pruning: "Long conversations",
  cache_enabled: "Cache",
  cache_similarity_threshold: "Similarity threshold",
  cache_ttl_seconds: "TTL (seconds)",
  routing_mode: "Routing mode",
  prefix_caching: "Provider cache",
  deferral: "Slower tier",
  holdout_share: "Holdout share",
  lever_shares: "Levers with an arm of their own",
  effort: "Less effort",
  tool_definitions: "Tool definitions",
  images: "Pictures",
  monthly_budget_usd: "Dollars a month",
  rpm: "Requests a minute",
  team_id: "Team",
  limit_nano: "Limit (nano-dollars)",
  on_exceed: "Without room",
}));

export function fieldName(name: string): string {
  return NAMES.get(name) ?? name.replaceAll("_", " ");
}

export function fieldValue(value: unknown): string {
  if (value === true) return "on";
  if (value === false) return "off";
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
