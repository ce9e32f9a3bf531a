// What a rule says, in words and units.
import type { Schema } from "../../api/client";
import { money, span } from "../../ui/format";

export type Rule = Schema["AlertRule"];
export type Metric = Rule["metric"];
export type Operator = Rule["operator"];
export type Channel = Rule["channels"][number];

interface Described {
  value: Metric;
  label: string;
  unit: string;
  amount: (value: number) => string;
  measured: (over: string) => string;
  /** It is about the last minutes, as many as a rule says; else about a day or a month. */
  windowed: boolean;
  help?: string;
}

function plain(value: number, digits: number): string {
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }).format(value);
}

const percent = (value: number): string => `${plain(value, 2)}\u00a0%`;

export const METRICS: Described[] = [
  { value: "daily_spend", label: "Spend of the day", unit: "dollars", amount: money, measured: () => "the day's spend (UTC)", windowed: false },
  { value: "monthly_spend", label: "Spend of the month", unit: "dollars", amount: money, measured: () => "the spend of the calendar month (UTC)", windowed: false },
  {
    value: "spend_anomaly",
    label: "Spend above the usual",
    unit: "deviations",
    amount: (value) => `${plain(value, 1)} ${value === 1 ? "deviation" : "deviations"}`,
    measured: () => "the day's spend above what its day of the week usually costs",
    windowed: false,
    help: "How far above the same days of the last eight weeks, in their usual variation: 5 hardly ever fires on ordinary days. It needs four weeks of requests.",
  },
  { value: "cost_per_request", label: "Cost of a request, average", unit: "dollars", amount: money, measured: (over) => `the average cost of a request over ${over}`, windowed: true },
  { value: "error_rate", label: "Failed requests", unit: "% of the requests", amount: percent, measured: (over) => `the share of failed requests over ${over}`, windowed: true },
  { value: "latency_p95", label: "Latency, 95th percentile", unit: "milliseconds", amount: (value) => `${plain(value, 1)}\u00a0ms`, measured: (over) => `the 95th percentile of latency over ${over}`, windowed: true },
  { value: "savings_percentage", label: "Savings", unit: "% of what it would have cost", amount: percent, measured: (over) => `the share that was saved over ${over}`, windowed: true },
];

export const OPERATORS: { value: Operator; label: string }[] = [
  { value: "gt", label: "more than" },
  { value: "gte", label: "at least" },
  { value: "lt", label: "less than" },
  { value: "lte", label: "at most" },
];

export const SCOPES: { value: Rule["scope"]["by"]; label: string }[] = [
  { value: "organization", label: "all of the organization" },
  { value: "key", label: "of a key" },
  { value: "team", label: "of a team" },
  { value: "user", label: "of an end user" },
  { value: "tag", label: "with a tag" },
  { value: "model", label: "of a model" },
  { value: "endpoint", label: "of an endpoint" },
];

/** Which requests a rule watches; nothing where it is all of them. */
export function only({ by, value, tag, name }: Rule["scope"]): string {
  if (by === "organization") return "";
  return by === "tag" ? `${tag}=${value}` : `${by} ${name || value}`;
}

export const CHANNELS: { value: Channel; label: string }[] = [
  { value: "email", label: "E-mail to the admins" },
  { value: "webhook", label: "Webhook" },
  { value: "slack", label: "Slack" },
];

const SHORT: Record<Channel, string> = { email: "E-mail", webhook: "Webhook", slack: "Slack" };

export function channelName(channel: Channel): string {
  return SHORT[channel];
}

/** A value or a threshold in the metric's unit; what the guard saw is in points, a budget in dollars. */
export function amount(metric: Schema["AlertEvent"]["metric"], value: number): string {
  if (metric === "lever_guard") return `${plain(value, 1)} points`;
  if (metric === "budget") return money(value);
  if (metric === "prices") return plain(value, 0);
  return METRICS.find((one) => one.value === metric)?.amount(value) ?? plain(value, 2);
}

export function minutes(number: number): string {
  return span(number * 60);
}

export function sentence(rule: Pick<Rule, "metric" | "operator" | "threshold" | "window_minutes" | "scope">): string {
  const metric = METRICS.find((one) => one.value === rule.metric);
  const of = only(rule.scope);
  const compared = OPERATORS.find((one) => one.value === rule.operator)?.label ?? rule.operator;
  return `Fires when ${metric?.measured(minutes(rule.window_minutes)) ?? rule.metric} is ${compared} ${amount(rule.metric, rule.threshold)}${of && `, counting only requests of ${of}`}.`;
}
