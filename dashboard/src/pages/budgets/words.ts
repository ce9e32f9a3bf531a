// What a budget is about, in words.
import type { Schema } from "../../api/client";

export type Budget = Schema["Budget"];
export type Subject = Budget["subject"];
export type Period = Budget["period"];
export type Exceeds = Budget["on_exceed"];

export const SUBJECTS: { value: Subject; label: string }[] = [
  { value: "key", label: "A key" },
  { value: "team", label: "A team" },
  { value: "user", label: "A user" },
  { value: "tag", label: "A tag" },
];

export const PERIODS: { value: Period; label: string }[] = [
  { value: "day", label: "Day" },
  { value: "month", label: "Month" },
];

export const EXCEEDS: { value: Exceeds; label: string; short: string }[] = [
  { value: "block", label: "Refuse the request", short: "refused" },
  { value: "route_simple", label: "Route it as a simple one", short: "routed as simple" },
  { value: "alert", label: "Only tell the admins", short: "admins are told" },
];

/** Whose money it is: one, or each of them so much. */
export function about({ subject, tag, value, value_name }: Pick<Budget, "subject" | "tag" | "value" | "value_name">): string {
  const what = subject === "tag" ? `tag ${tag}` : subject;
  if (value === null) return subject === "tag" ? `each value of the ${what}` : `each ${what}`;
  return subject === "tag" ? `${tag} = ${value}` : `the ${what} ${value_name ?? value}`;
}

/** Of a hundred, never more. */
export function shareOf(spent: number, limit: number): number {
  return Math.min(100, (100 * spent) / limit);
}
