import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Start from "../src/pages/Start";
import { PLACEHOLDER, snippets } from "../src/ui/snippets";
import { type Answers, PROVIDERS, play } from "./api";
import { show } from "./show";

const STORED = { id: "pk_1", provider: "openai", label: "", api_key: "sk-…1234", last_four: "1234", base_url: null, models: [], created_at: "2026-01-01T00:00:00Z" };
const FAILED = { id: "req_1", time: "2026-01-01T00:00:00Z", status: "error", status_code: 502, error_code: "upstream_connect", baseline_model: "gpt-4o", routed_model: "gpt-4o", latency_ms: 5, cost_usd: null };
const GOOD = { ...FAILED, id: "req_2", status: "success", status_code: 200, error_code: null, cost_usd: 0.001 };

/** An organization with a connected key and requests in its log, by their status. */
function log(test: object, entries: { status: string }[]): void {
  const answers: Answers = {
    "GET /api/keys/providers": { body: { keys: [STORED], providers: PROVIDERS } },
    "POST /api/keys/providers/pk_1/test": { body: test },
    "GET /api/requests/stream": { status: 400, body: { detail: "Not now." } },
  };
  const asked = play(answers);
  answers["GET /api/requests"] = () => {
    const status = new URLSearchParams(asked.at(-1)?.query).get("status");
    return { body: { requests: entries.filter((one) => status === null || one.status === status), next_cursor: null } };
  };
}

it("a failed request is told with its error, and completes no step", async () => {
  log({ ok: false, detail: "The provider could not be reached.", latency_ms: null }, [FAILED]);
  show(<Start />);
  const told = await screen.findByTestId("failed");
  expect(told.textContent).toContain("HTTP status 502 (upstream_connect). The provider could not be reached: check the base URL");
  expect(screen.getByRole("link", { name: "Look at this request" }).getAttribute("href")).toBe("/requests/req_1");
  expect(await screen.findByText("The provider could not be reached.")).toBeTruthy();
  expect(screen.queryByText("Done")).toBeNull();
});

it("a provider is connected once its key was tested and works, without anybody pressing a button", async () => {
  log({ ok: true, detail: "", latency_ms: 12 }, []);
  show(<Start />);
  expect(await screen.findByText("Works (12 ms)")).toBeTruthy();
  expect(screen.getAllByText("Done")).toHaveLength(1);
});

it("all is done after the first answered request, whatever failed later", async () => {
  log({ ok: true, detail: "", latency_ms: 12 }, [FAILED, GOOD]);
  show(<Start />);
  await waitFor(() => expect(screen.getAllByText("Done")).toHaveLength(3));
  expect(screen.queryByTestId("failed")).toBeNull();
});

it("the examples are plain ASCII and can be pasted", async () => {
  for (const { code } of snippets("http://localhost:8000")) {
    expect(code).toMatch(/^[\x20-\x7e\n]+$/);
    expect(code).not.toContain("…");
  }
  log({ ok: true, detail: "", latency_ms: 12 }, []);
  show(<Start />);
  await userEvent.click(await screen.findByRole("tab", { name: "cURL" }));
  expect(screen.getByLabelText("Example for cURL").textContent).toContain(PLACEHOLDER);
});
