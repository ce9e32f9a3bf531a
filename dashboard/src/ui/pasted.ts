import type { Schema } from "../api/client";

type Messages = Schema["ChatBody"]["messages"];

/** What somebody pasted: a chat request, its messages, or just a prompt. */
export function messagesOf(text: string): { model?: string; messages: Messages } {
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
  return { messages: [{ role: "user", content: text } as Messages[number]] };
}

function isMessage(one: unknown): one is Messages[number] {
  return typeof one === "object" && one !== null && "role" in one;
}
