// Routing in sentences: what a rule says, and why a model was chosen.
import type { Schema } from "../api/client";
import { count } from "./format";

export type Rule = Schema["Rule"];
export type Mode = Schema["Routing"]["routing_mode"];
export const TIERS = ["simple", "medium", "complex"] as const;
export const OPERATORS = [
  { value: "gt", label: "more than" },
  { value: "gte", label: "at least" },
  { value: "lt", label: "fewer than" },
  { value: "lte", label: "at most" },
] as const;

const NAMED = 5;

export function ruleSentence(rule: Pick<Rule, "condition_type" | "condition_value" | "action" | "action_value">): string {
  const does = rule.action === "use_model" ? `use ${rule.action_value}` : `use the ${rule.action_value} tier`;
  return `${condition(rule)}: ${does}`;
}

function condition({ condition_type: type, condition_value: value }: Pick<Rule, "condition_type" | "condition_value">): string {
  if (type === "keyword" && "keywords" in value) return `If the prompt holds ${listed(value.keywords)}`;
  if (type === "token_count" && "operator" in value) {
    const how = OPERATORS.find((one) => one.value === value.operator)?.label ?? value.operator;
    return `If the prompt has ${how} ${count(value.value)} ${value.value === 1 ? "token" : "tokens"}`;
  }
  return "Always";
}

function listed(words: string[]): string {
  const named = words.slice(0, words.length > NAMED + 1 ? NAMED : words.length).map((word) => `“${word}”`);
  const last = words.length > named.length ? `${count(words.length - named.length)} others` : named.pop();
  return named.length > 0 ? `${named.join(", ")} or ${last}` : String(last);
}

/** Why a model serves a request, in a sentence; `stays`: it is the one that was asked for. */
export function whySentence(reason: string, stays: boolean): string {
  switch (reason) {
    case "rule":
      return "A rule decided.";
    case "classifier":
      return stays ? "The prompt was judged: its tier's model is the one that was asked for." : "The prompt was judged: it goes to its tier's model.";
    case "manual":
      return "It goes to the requested model: prompts are not judged in this mode.";
    case "not_dearer":
      return "The requested model stays: the tier's model would cost more, or its price is unknown.";
    case "not_capable":
      return "The requested model stays: the tier's model cannot do all that this request needs, or is too old.";
    case "not_reachable":
      return stays
        ? "The requested model stays: no connected key reaches the tier's model."
        : "No connected key reaches the requested model; this one stands in for it.";
    case "abstained":
      return "The requested model stays: nothing in the prompt says how hard it is, or tools that change something are declared.";
    case "pinned":
      return "A conversation with tools, or one that a budget has moved, stays on its model.";
    case "budget":
      return "A budget has no room: what begins goes to the cheapest model of its ladder.";
    default:
      return reason.replaceAll("_", " ");
  }
}
