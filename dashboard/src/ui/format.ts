// Figures as people read them. From a dollar on, money has cents; less keeps as many digits as it takes to be true, and
// never more than nano-dollars have.
export const DASH = "–";
const GAP = "\u00a0"; // a unit stays beside its figure
const SECONDS_FROM = 10_000; // milliseconds

export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return DASH;
  const size = Math.abs(usd);
  const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : size >= 0.0001 ? 6 : 9;
  const text = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits }).format(size);
  return `${usd < 0 && Number(text.replaceAll(",", "")) !== 0 ? "−" : ""}$${text}`;
}

/** How a column of amounts is written: all with as many digits as the largest needs to tell three apart, and never as nothing. */
export function moneyColumn(amounts: readonly (number | null | undefined)[]): (usd: number | null | undefined) => string {
  const largest = Math.max(0, ...amounts.map((usd) => Math.abs(usd ?? 0)));
  const digits = largest === 0 || largest >= 100 ? 2 : largest >= 1 ? 4 : largest >= 0.0001 ? 6 : 9;
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const least = 10 ** -digits;
  return (usd) => {
    if (usd === null || usd === undefined) return DASH;
    const size = Math.abs(usd);
    const sign = usd < 0 ? "−" : "";
    return size > 0 && size < least / 2 ? `${sign}<$${format.format(least)}` : `${sign}$${format.format(size)}`;
  };
}

/** All nine digits, for lines that have to add up. */
export function exactMoney(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return DASH;
  return `${usd < 0 ? "−" : ""}$${Math.abs(usd).toFixed(9)}`;
}

export function pounds(gbp: number): string {
  return money(gbp).replace("$", "£");
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? DASH : new Intl.NumberFormat("en-US").format(value);
}

export function compact(value: number): string {
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A share of 0 to 1, always with a tenth of a percent: shares stand below each other. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return DASH;
  return `${new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share * 100).replace("-", "−")}${GAP}%`;
}

export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return DASH;
  if (ms >= SECONDS_FROM) return `${(ms / 1000).toFixed(1)}${GAP}s`;
  return `${ms >= 100 ? count(Math.round(ms)) : Number(ms.toPrecision(2))}${GAP}ms`;
}

/** How an axis of times is written: all in the unit that its largest value has. */
export function timeAxis(largest: number): (ms: number) => string {
  const seconds = largest >= SECONDS_FROM;
  return (ms) => `${count(seconds ? Math.round(ms / 10) / 100 : Number(ms.toPrecision(6)))}${GAP}${seconds ? "s" : "ms"}`;
}

const SPANS: [string, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** So many seconds, in the largest unit that keeps them whole. */
export function span(seconds: number): string {
  const [unit, size] = SPANS.find(([, one]) => seconds > 0 && seconds % one === 0) ?? ["second", 1];
  return `${count(seconds / size)} ${unit}${seconds === size ? "" : "s"}`;
}

/** In the viewer's own zone. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** The same for a column, next to which the year is known. */
export function momentOfYear(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" });
}

export function ago(iso: string, now: number = Date.now()): string {
  const seconds = Math.min(0, Math.round((new Date(iso).getTime() - now) / 1000)); // clocks differ; nothing comes from the future
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return seconds > -5 ? "just now" : relative.format(seconds, "second");
}

export const LEVERS: Record<string, string> = {
  whitespace: "Whitespace and JSON",
  redundancy: "Repeats",
  compression: "Instructions shortened",
  pruning: "Long conversations cut",
  caching: "Answered from the cache",
  routing: "Routed to a cheaper model",
  cache_discount: "Provider cache discount",
  deferral: "Slower service tier",
  effort: "Less effort",
  tools: "Tool definitions",
  images: "Pictures in low detail",
};

export function lever(name: string): string {
  return LEVERS[name] ?? name;
}
