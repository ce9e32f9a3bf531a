// Stretches of time that the log can be narrowed to: in the address and to the API in UTC, on the page in the viewer's zone.
export const PERIODS = [
  { value: "1h", label: "Last hour", hours: 1 },
  { value: "24h", label: "Last 24 hours", hours: 24 },
  { value: "7d", label: "Last 7 days", hours: 168 },
  { value: "30d", label: "Last 30 days", hours: 720 },
  { value: "90d", label: "Last 90 days", hours: 2160 },
] as const;

/** When a named period began. */
export function begin(name: string | null, now: number): string | undefined {
  const found = PERIODS.find((one) => one.value === name);
  return found && new Date(now - found.hours * 3_600_000).toISOString();
}

/** A time as a date field of the browser writes it: without a zone, in the viewer's own. */
export function toField(iso: string | undefined): string {
  const time = iso === undefined ? NaN : Date.parse(iso);
  if (Number.isNaN(time)) return "";
  return `${day(new Date(time))}T${clock(new Date(time))}`;
}

export function fromField(text: string): string {
  const time = Date.parse(text); // without a zone it is read in the viewer's
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}

/** A stretch that ends before it begins: the API would only refuse it. */
export function backwards({ from, to }: { from?: string; to?: string }): boolean {
  return from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to);
}

function day(date: Date): string {
  return `${date.getFullYear().toString().padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function two(value: number): string {
  return value.toString().padStart(2, "0");
}
