import type { Schema } from "../api/client";

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}

/** Whether baseline − lines = cost, in whole nano-dollars. */
export function sumsUp(receipt: Pick<Schema["Receipt"], "baseline_cost_usd" | "cost_usd" | "lines">): boolean {
  if (receipt.baseline_cost_usd === null || receipt.cost_usd === null) return false;
  const saved = receipt.lines.reduce((sum, line) => sum + nano(line.savings_usd ?? 0), 0);
  return nano(receipt.baseline_cost_usd) - saved === nano(receipt.cost_usd);
}
