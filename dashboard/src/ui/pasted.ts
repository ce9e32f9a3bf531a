import type { Schema } from "../api/client";

type Body = Schema["ChatBody"];
type Messages = Body["messages"];

export type Role = "system" | "user";

/** What somebody pasted: a chat request, its messages, or just a prompt, which is said by whom they choose. */
export function messagesOf(text: string, role: Role = "user"): { model?: string; messages: Messages } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = null;
  }
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.every(isMessage)) return { messages: parsed };
  if (typeof parsed === "object" && parsed !== null) {
    const { messages, model } = parsed as { messages?: unknown; model?: unknown };
    if (Array.isArray(messages) && messages.length > 0 && messages.every(isMessage)) {
      return { messages, ...(typeof model === "string" && model ? { model } : {}) };
    }
  }
  return { messages: [{ role, content: text } as Messages[number]] };
}

/** The same as a request, with all in it that bears on where it can go; `model` where none was pasted. */
export function requestOf(text: string, model: string): Body {
  const pasted = messagesOf(text);
  const plain: Body = { model: pasted.model ?? model, messages: pasted.messages, n: null, tools: null, functions: null, response_format: null, max_tokens: null, max_completion_tokens: null };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return plain;
  }
  if (typeof parsed !== "object" || parsed === null || !("messages" in parsed)) return plain;
  const { n, tools, functions, response_format, max_tokens, max_completion_tokens } = parsed as Partial<Body>;
  return {
    ...plain,
    n: n ?? null,
    tools: tools ?? null,
    functions: functions ?? null,
    response_format: response_format ?? null,
    max_tokens: max_tokens ?? null,
    max_completion_tokens: max_completion_tokens ?? null,
  };
}

function isMessage(one: unknown): one is Messages[number] {
  return typeof one === "object" && one !== null && "role" in one;
}
