// An API of a test's own: what each address answers.
import { vi } from "vitest";
import type { Role } from "../src/api/queries";
import type { Action } from "../src/app/who";

interface Answer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export type Answers = Record<string, Answer | (() => Answer)>;

export interface Asked {
  route: string;
  body: unknown;
  headers: Headers;
  query: string;
}

export function play(answers: Answers): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}): Promise<Response> => {
    const [path = "", query = ""] = input.split("?");
    const route = `${init.method ?? "GET"} ${path}`;
    asked.push({ route, body: init.body ? JSON.parse(String(init.body)) : undefined, headers: new Headers(init.headers), query });
    const found = answers[route];
    const { status = 200, body, headers }: Answer = typeof found === "function" ? found() : (found ?? { status: 404, body: { detail: `No ${route} here.` } });
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  });
  return asked;
}

// What each role may do, as GET /api/team/roles says.
export const PERMISSIONS = {
  admin: ["read", "own_account", "use_keys", "write_alerts", "judge_cache", "manage_providers", "manage_settings", "manage_control_keys", "manage_issuers", "read_texts", "manage_team", "get_reports", "manage_billing", "manage_org"],
  member: ["read", "own_account", "use_keys", "write_alerts", "judge_cache"],
  viewer: ["read", "own_account"],
} satisfies Record<Role, Action[]>;

export const ME = {
  user: { id: "usr_1", email: "ada@example.com", role: "admin", created_at: "2026-01-01T00:00:00Z", suspended: false },
  org: { id: "org_1", name: "Northwind", account_type: "team", created_at: "2026-01-01T00:00:00Z" },
  permissions: PERMISSIONS.admin,
};

/** The providers as the API lists them. */
export const PROVIDERS = [
  { name: "openai", label: "OpenAI", needs_base_url: false, needs_models: false },
  { name: "anthropic", label: "Anthropic", needs_base_url: false, needs_models: false },
  { name: "google", label: "Google", needs_base_url: false, needs_models: false },
  { name: "openai_compatible", label: "Another server with OpenAI's API", needs_base_url: true, needs_models: true },
];
