// Periods of the costs page: calendar months by the viewer's clocks, and days up to now. In the address and to the API in UTC.
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export interface Span {
  from: string;
  to: string;
  interval: "day" | "week" | "month";
  /** The share of a month that is over; 1 for what is no month that goes on. */
  over: number;
}

export const PERIODS = [
  { value: "month", label: "This month" },
  { value: "last-month", label: "Last month" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
  { value: "year", label: "This year" },
  { value: "custom", label: "From … to …" },
] as const;

/** The first moment of the month so many months after the one of `now`. */
function monthStart(now: Date, months: number): Date {
  return new Date(now.getFullYear(), now.getMonth() + months, 1);
}

/** Where a period begins and ends. One of somebody's own is from a day to a day, both included; null where that is none. */
export function spanOf(name: string, query: URLSearchParams, now: Date): Span | null {
  const iso = (date: Date): string => date.toISOString();
  switch (name) {
    case "month": {
      const [start, end] = [monthStart(now, 0), monthStart(now, 1)];
      return { from: iso(start), to: iso(now), interval: "day", over: (now.getTime() - start.getTime()) / (end.getTime() - start.getTime()) };
    }
    case "last-month":
      return { from: iso(monthStart(now, -1)), to: iso(monthStart(now, 0)), interval: "day", over: 1 };
    case "year":
      return { from: iso(new Date(now.getFullYear(), 0, 1)), to: iso(now), interval: "month", over: 1 };
    case "custom": {
      const [first, last] = [dayOf(query.get("from")), dayOf(query.get("to"))];
      if (!first || !last || last < first) return null;
      const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
      const days = (end.getTime() - first.getTime()) / 86_400_000;
      return { from: iso(first), to: iso(end < now ? end : now), interval: days > 366 ? "month" : days > 62 ? "week" : "day", over: 1 };
    }
    default: {
      const days = Number(name) || 30;
      return { from: iso(new Date(now.getTime() - days * 86_400_000)), to: iso(now), interval: days > 62 ? "week" : "day", over: 1 };
    }
  }
}

/** A day as a date field writes it, at its beginning by the viewer's clocks. */
function dayOf(text: string | null): Date | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  return found ? new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3])) : null;
}

/** By how much something changed, as a share of what it was; null where it was nothing. */
export function change(now: number, before: number): number | null {
  return before === 0 ? null : (now - before) / before;
}

/** What a month will have cost at its pace; null in its first day, when a pace says little. */
export function forecast(cost: number, over: number): number | null {
  return over >= 1 || over < 1 / 31 ? null : cost / over;
}
