/**
 * Promptly's errors. Each is one of OpenAI's too, so that code that catches those goes on working; the rest of OpenAI's
 * errors come as they are.
 *
 *     OpenAIError
 *     ├── MissingKeyError                    no key was given; thrown before anything is sent
 *     └── APIError
 *         ├── BadRequestError
 *         │   └── NoProviderKeyError 400     connect a key of a provider first
 *         ├── InsufficientCreditsError 402   `required` and `available` tokens
 *         ├── BudgetExceededError 402        the key's budget of the month is used up
 *         ├── ConflictError
 *         │   └── IdempotencyConflictError 409
 *         ├── PayloadTooLargeError 413
 *         ├── UnprocessableEntityError
 *         │   └── IdempotencyMismatchError 422
 *         ├── RateLimitError
 *         │   └── RateLimitError 429         `retryAfter` seconds
 *         └── InternalServerError
 *             ├── UpstreamError 502          the provider failed, or refused its key
 *             └── UnavailableError 503
 */

import * as openai from "openai";

/** What both shapes of Promptly's errors hold under `error`. */
interface Body {
  code?: unknown;
  details?: Record<string, unknown>;
}

/** There is no Promptly key to send. */
export class MissingKeyError extends openai.OpenAIError {}

/** The organization has no key for a provider of this model. */
export class NoProviderKeyError extends openai.BadRequestError {}

/** The organization's credits do not reach for this prompt. */
export class InsufficientCreditsError extends openai.APIError<402, Headers> {
  /** Tokens that the prompt would have cost. */
  readonly required: number | undefined = amount(this.error, "required");
  /** Tokens that are left. */
  readonly available: number | undefined = amount(this.error, "available");
}

/** The key's budget of the month is used up. */
export class BudgetExceededError extends openai.APIError<402, Headers> {}

/** The first request with this idempotency key has no answer yet. */
export class IdempotencyConflictError extends openai.ConflictError {}

/** The body is over the limit. */
export class PayloadTooLargeError extends openai.APIError<413, Headers> {}

/** This idempotency key came with another body before. */
export class IdempotencyMismatchError extends openai.UnprocessableEntityError {}

/** Too many requests: for this key, or for the provider. */
export class RateLimitError extends openai.RateLimitError {
  /** Seconds until another try has a chance, where they are known. */
  readonly retryAfter: number | undefined =
    seconds(this.headers.get("retry-after")) ?? amount(this.error, "retry_after");
}

/** The provider was unreachable, slow or broken, or refused the organization's key. */
export class UpstreamError extends openai.InternalServerError {}

/** A part that the request cannot do without is away; try again. */
export class UnavailableError extends openai.InternalServerError {}

/** The error for an answer; undefined where OpenAI's own says it all. */
export function promptlyError(
  status: number,
  answer: object | undefined,
  message: string | undefined,
  headers: Headers,
): openai.APIError | undefined {
  const error = (answer as { error?: Body } | undefined)?.error;
  // The optimize API writes the same codes in capitals.
  const code = String(error?.code).toLowerCase();
  if (status === 400 && code === "no_provider_key") return new NoProviderKeyError(400, error, message, headers);
  if (status === 402 && code === "insufficient_credits") {
    return new InsufficientCreditsError(402, error, message, headers);
  }
  if (status === 402 && code === "budget_exceeded") return new BudgetExceededError(402, error, message, headers);
  if (status === 409 && code === "idempotency_in_progress") {
    return new IdempotencyConflictError(409, error, message, headers);
  }
  if (status === 413) return new PayloadTooLargeError(413, error, message, headers);
  if (status === 422 && code === "idempotency_mismatch") {
    return new IdempotencyMismatchError(422, error, message, headers);
  }
  if (status === 429) return new RateLimitError(429, error, message, headers);
  if (status === 502) return new UpstreamError(502, error, message, headers);
  if (status === 503) return new UnavailableError(503, error, message, headers);
  return undefined;
}

function amount(error: object | undefined, name: string): number | undefined {
  const found = (error as Body | undefined)?.details?.[name];
  return typeof found === "number" ? found : undefined;
}

function seconds(header: string | null): number | undefined {
  const found = Number.parseFloat(header ?? "");
  return Number.isNaN(found) ? undefined : found;
}
