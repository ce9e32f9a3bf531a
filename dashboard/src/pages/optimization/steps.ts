// What each step of the optimizer looks for, and why it did nothing, in sentences.
import type { Schema } from "../../api/client";

type Step = Schema["PreviewStep"];

interface Described {
  label: string;
  /** What it found nothing of. */
  found: string;
  /** Where it looks. */
  of: "instructions" | "all";
}

const STEPS = new Map<string, Described>(Object.entries({
  minify: { label: "Minify JSON", found: "no JSON that can be written in fewer characters", of: "all" },
  tables: { label: "Tables", found: "no tool's result that is a list of equal objects", of: "all" },
  blanks: { label: "Blanks", found: "no blank that a model would not notice missing", of: "all" },
  repeats: { label: "Repeats", found: "nothing that stands there twice", of: "instructions" },
  phrases: { label: "Wordy phrases and fillers", found: "no phrase that is sure to mean the same when it is said shortly", of: "instructions" },
  marks: { label: "Decoration", found: "no decoration that carries nothing", of: "instructions" },
  articles: { label: "Articles", found: "no article that can go", of: "instructions" },
  window: { label: "Long conversations", found: "the conversation is not longer than what is kept", of: "all" },
  instructions: { label: "Repeated instructions", found: "no instructions that are sent again", of: "all" },
  masking: { label: "Old tool results", found: "no old and long result of a tool", of: "all" },
  definitions: { label: "Tool definitions", found: "no description that fewer words would say", of: "all" },
  low_detail: { label: "Pictures", found: "there are no pictures", of: "all" },
  extraction: { label: "Documents", found: "no documents that do not bear on the question", of: "all" },
}));
const INSTRUCTIONS = new Set(["system", "developer"]);

export function stepLabel(step: string): string {
  return STEPS.get(step)?.label ?? step.replaceAll("_", " ");
}

/** Why a step changed nothing, or not all that it looked at. */
export function whyNot(step: Step, preview: Pick<Schema["Preview"], "level" | "diff">): string {
  const known = STEPS.get(step.step);
  const where = step.message === null ? "" : `message ${step.message + 1}: `;
  switch (step.outcome) {
    case "off":
      return preview.level === "off" ? "off: the level is off" : `off at the level ${preview.level}, or by its switch in the settings`;
    case "nothing_found":
      return known?.of === "instructions" && !preview.diff.some((message) => INSTRUCTIONS.has(message.role))
        ? "looks at instructions alone, and this request has none: what users say keeps its words"
        : (known?.found ?? "nothing found");
    default:
      return where + (step.reason || step.outcome.replaceAll("_", " "));
  }
}
