import type { Schema } from "../api/client";
import type { Entry } from "../api/queries";

/** What a receipt's lines come from and lead to. */
export type Sum = Pick<Schema["Receipt"], "baseline_cost_usd" | "cost_usd" | "lines">;

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}

/** Whether baseline − lines = cost, in whole nano-dollars. */
export function sumsUp(receipt: Sum): boolean {
  if (receipt.baseline_cost_usd === null || receipt.cost_usd === null) return false;
  const saved = receipt.lines.reduce((sum, line) => sum + nano(line.savings_usd ?? 0), 0);
  return nano(receipt.baseline_cost_usd) - saved === nano(receipt.cost_usd);
}

/** One receipt of many requests, added up in whole nano-dollars. `unpriced` are those that are not in it. */
export function receiptOf(entries: readonly Pick<Entry, "baseline_cost_usd" | "cost_usd" | "optimizations">[]): Sum & { unpriced: number } {
  let [baseline, cost, unpriced] = [0, 0, 0];
  const lines = new Map<Sum["lines"][number]["lever"], { tokens: number; saved: number }>();
  for (const entry of entries) {
    if (entry.baseline_cost_usd === null || entry.cost_usd === null) {
      unpriced += 1;
      continue;
    }
    baseline += nano(entry.baseline_cost_usd);
    cost += nano(entry.cost_usd);
    for (const line of entry.optimizations) {
      const before = lines.get(line.lever) ?? { tokens: 0, saved: 0 };
      lines.set(line.lever, { tokens: before.tokens + line.tokens_saved, saved: before.saved + nano(line.savings_usd ?? 0) });
    }
  }
  return {
    baseline_cost_usd: baseline / 1e9,
    cost_usd: cost / 1e9,
    lines: [...lines].map(([lever, { tokens, saved }]) => ({ lever, tokens_saved: tokens, savings_usd: saved / 1e9 })),
    unpriced,
  };
}
