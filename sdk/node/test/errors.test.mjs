// Both shapes of Promptly's errors, as errors of ours that are OpenAI's too.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as openai from "openai";
import Promptly, * as promptly from "promptly-sdk";
import { serve } from "./server.mjs";

const chat = (code, message = "A sentence.") => ({
  detail: message,
  error: { message, type: "a_type", code, param: null },
});
const optimize = (code, details = {}) => ({ success: false, error: { code, message: "A sentence.", details } });

async function failure(t, status, body, headers = {}) {
  const { baseURL } = await serve(t, [status, body, { "x-promptly-request-id": "req_1", ...headers }]);
  const client = new Promptly({ apiKey: "sk-promptly-x", baseURL, maxRetries: 0 });
  const error = await client.optimize("A prompt").then(assert.fail, (error) => error);
  assert.equal(error.status, status);
  assert.equal(error.requestID, "req_1");
  return error;
}

test("no credits", async (t) => {
  const error = await failure(t, 402, optimize("INSUFFICIENT_CREDITS", { required: 1000, available: 250 }));
  assert.ok(error instanceof promptly.InsufficientCreditsError && error instanceof openai.APIError);
  assert.deepEqual([error.required, error.available, error.code], [1000, 250, "INSUFFICIENT_CREDITS"]);
  assert.equal(error.message, "402 A sentence.");
});

test("no budget", async (t) => {
  const error = await failure(t, 402, chat("budget_exceeded"));
  assert.ok(error instanceof promptly.BudgetExceededError && error instanceof openai.APIError);
  assert.ok(!(error instanceof promptly.InsufficientCreditsError));
});

test("too many requests, in both shapes", async (t) => {
  const fromHeader = await failure(t, 429, chat("rate_limit_exceeded"), { "retry-after": "7" });
  assert.ok(fromHeader instanceof promptly.RateLimitError && fromHeader instanceof openai.RateLimitError);
  assert.deepEqual([fromHeader.retryAfter, fromHeader.code], [7, "rate_limit_exceeded"]);
  const fromBody = await failure(t, 429, optimize("RATE_LIMIT_EXCEEDED", { retry_after: 1.5 }));
  assert.ok(fromBody instanceof Promptly.RateLimitError);
  assert.equal(fromBody.retryAfter, 1.5);
  assert.equal((await failure(t, 429, chat("insufficient_quota"))).retryAfter, undefined);
});

test("an idempotency key that is in use, and one that was used otherwise", async (t) => {
  const running = await failure(t, 409, optimize("IDEMPOTENCY_IN_PROGRESS"));
  assert.ok(running instanceof promptly.IdempotencyConflictError && running instanceof openai.ConflictError);
  const other = await failure(t, 422, optimize("IDEMPOTENCY_MISMATCH"));
  assert.ok(other instanceof promptly.IdempotencyMismatchError && other instanceof openai.UnprocessableEntityError);
});

test("what has a status or a code of its own", async (t) => {
  const unconnected = await failure(t, 400, chat("no_provider_key"));
  assert.ok(unconnected instanceof promptly.NoProviderKeyError && unconnected instanceof openai.BadRequestError);
  const away = await failure(t, 503, chat("service_unavailable"));
  assert.ok(away instanceof promptly.UnavailableError && away instanceof openai.InternalServerError);
  assert.ok((await failure(t, 413, optimize("PAYLOAD_TOO_LARGE"))) instanceof promptly.PayloadTooLargeError);
});

test("a provider that failed", async (t) => {
  const error = await failure(t, 502, chat("provider_key_rejected"));
  assert.ok(error instanceof promptly.UpstreamError && error instanceof openai.InternalServerError);
  assert.equal(error.code, "provider_key_rejected");
});

test("the rest is OpenAI's, word for word", async (t) => {
  for (const [status, kind] of [
    [400, openai.BadRequestError],
    [401, openai.AuthenticationError],
    [403, openai.PermissionDeniedError],
    [404, openai.NotFoundError],
    [409, openai.ConflictError],
    [422, openai.UnprocessableEntityError],
    [402, openai.APIError],
    [500, openai.InternalServerError],
  ]) {
    const error = await failure(t, status, chat("a_code", `Sentence ${status}.`));
    assert.equal(error.constructor, kind);
    assert.deepEqual([error.message, error.code], [`${status} Sentence ${status}.`, "a_code"]);
  }
});

test("an answer that is no error of ours", async (t) => {
  const page = await failure(t, 502, "<html>Bad Gateway</html>", { "content-type": "text/html" });
  assert.ok(page instanceof promptly.UpstreamError);
  assert.equal(page.message, "502 <html>Bad Gateway</html>");
  assert.equal((await failure(t, 429, "")).retryAfter, undefined);
});
