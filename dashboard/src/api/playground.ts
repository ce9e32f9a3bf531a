// Requests to models, sent from the dashboard with a key that ends by itself.
import { useEffect, useRef } from "react";
import { ApiError, call, type Schema } from "./client";

const LIFE = 15 * 60_000; // ms
const SPARE = 2 * 60_000; // ms that a request may take
const BUDGET_USD = 10;
const RPM = 20;

type Key = Schema["NewKey"];

/** Gives a key: made where there is none, revoked with the page, and expired soon where the page could not say so. */
export function usePlaygroundKey(): () => Promise<string> {
  const made = useRef<{ key: Promise<Key>; until: number } | null>(null);
  useEffect(
    () => () => {
      void made.current?.key.then(({ id }) => call("delete", "/api/keys/platform/{key_id}", { path: { key_id: id } })).catch(() => undefined);
      made.current = null;
    },
    [],
  );
  return async () => {
    const now = Date.now();
    if (!made.current || made.current.until < now + SPARE) {
      const body = { name: "Playground", scopes: ["chat" as const], rpm: RPM, monthly_budget_usd: BUDGET_USD, team: null, expires_at: new Date(now + LIFE).toISOString() };
      made.current = { key: call("post", "/api/keys/platform", { body }), until: now + LIFE };
    }
    const asked = made.current;
    try {
      return (await asked.key).api_key;
    } catch (error) {
      if (made.current === asked) made.current = null; // the next one asks again
      throw error;
    }
  };
}

export interface Completion {
  /** What the model said, or what was said instead of it. */
  text: string;
  failed: boolean;
  /** In the log; null where the request did not get that far. */
  id: string | null;
}

interface ChatAnswer {
  choices?: { message?: { content?: unknown } }[];
  error?: { message?: unknown };
}

/** One chat request. `ApiError` where Promptly cannot be reached; what it refuses is an answer, too. */
export async function complete(key: string, body: object, headers: Record<string, string>): Promise<Completion> {
  const answer = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-promptly-tags": "source=playground", ...headers },
    body: JSON.stringify(body),
    cache: "no-store",
  }).catch(() => {
    throw new ApiError(0, "Promptly cannot be reached. Check the connection, then try again.");
  });
  const said = (await answer.json().catch(() => ({}))) as ChatAnswer;
  const id = answer.headers.get("x-promptly-request-id");
  if (!answer.ok) return { text: typeof said.error?.message === "string" ? said.error.message : `Promptly answered ${answer.status}.`, failed: true, id };
  const message = said.choices?.[0]?.message;
  return { text: typeof message?.content === "string" ? message.content : JSON.stringify(message ?? null, null, 1), failed: false, id };
}
