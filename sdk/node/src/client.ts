/** OpenAI's client, pointed at Promptly. */

import OpenAI, { type APIError, type APIPromise, type ClientOptions } from "openai";
import type { Chat, RequestOptions } from "./chat.js";
import * as errors from "./errors.js";
import { promptlyHeaders, type CacheMode } from "./options.js";
import * as settings from "./settings.js";
import type { Credits, Feedback, OptimizedPrompt, Rating } from "./types.js";

export interface OptimizeOptions extends OpenAI.RequestOptions {
  /** How similar the shorter prompt has to be, from 0 to 1; 0.9 where it is left out. */
  similarityThreshold?: number | undefined;
  /** Kept with the entry of the request log; at most 4 KiB. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
  cache?: CacheMode | undefined;
}

export interface FeedbackOptions extends OpenAI.RequestOptions {
  /** The answer came from the cache and was meant for another question: it is taken out. */
  cacheWrong?: boolean | undefined;
  comment?: string | undefined;
}

/**
 * OpenAI's client with Promptly's address, options, answers and errors.
 *
 * The key is `apiKey` or `PROMPTLY_API_KEY`, the address `baseURL` or `PROMPTLY_BASE_URL`. The keys, organization and
 * project that the environment holds for OpenAI are not sent to Promptly.
 */
export class Promptly extends OpenAI {
  declare chat: Chat;

  // As `OpenAI.RateLimitError`: one import is enough to catch.
  static override RateLimitError = errors.RateLimitError;
  static BudgetExceededError = errors.BudgetExceededError;
  static IdempotencyConflictError = errors.IdempotencyConflictError;
  static IdempotencyMismatchError = errors.IdempotencyMismatchError;
  static InsufficientCreditsError = errors.InsufficientCreditsError;
  static MissingKeyError = errors.MissingKeyError;
  static NoProviderKeyError = errors.NoProviderKeyError;
  static PayloadTooLargeError = errors.PayloadTooLargeError;
  static UnavailableError = errors.UnavailableError;
  static UpstreamError = errors.UpstreamError;

  constructor(options: ClientOptions = {}) {
    const apiKey = options.apiKey || settings.apiKey();
    if (!apiKey) {
      throw new errors.MissingKeyError(
        "Promptly needs a key: pass `apiKey`, or set the environment variable PROMPTLY_API_KEY.",
      );
    }
    super({
      ...options,
      apiKey,
      baseURL: options.baseURL || settings.baseURL(),
      // Undefined would let OpenAI's own variables in.
      adminAPIKey: options.adminAPIKey ?? null,
      organization: options.organization ?? null,
      project: options.project ?? null,
    });
  }

  /**
   * Shorten one prompt as far as the similarity threshold allows. Charges the prompt's tokens.
   *
   * Without an `idempotencyKey` of yours the call makes one, so that what the client repeats by itself is charged once.
   */
  optimize(prompt: string, options: OptimizeOptions = {}): APIPromise<OptimizedPrompt> {
    const { similarityThreshold, metadata, idempotencyKey = crypto.randomUUID(), ...request } = options;
    return this.post("/optimize", {
      ...request,
      body: { prompt, similarity_threshold: similarityThreshold, metadata },
      idempotencyKey,
    });
  }

  /** What is left for `optimize`. */
  credits(options?: OpenAI.RequestOptions): APIPromise<Credits> {
    return this.get("/credits", options);
  }

  /** Say what an answer was worth; its id is `promptly_metadata.request_id`. */
  feedback(requestId: string, rating: Rating, options: FeedbackOptions = {}): APIPromise<Feedback> {
    const { cacheWrong, comment, ...request } = options;
    return this.post("/feedback", {
      ...request,
      body: { request_id: requestId, rating, cache_wrong: cacheWrong, comment },
    });
  }

  /** Turns Promptly's options, which OpenAI's methods hand on as they are, into headers. */
  protected override async prepareRequest(
    ...[request, about]: Parameters<OpenAI["prepareRequest"]>
  ): Promise<void> {
    await super.prepareRequest(request, about);
    const headers = request.headers as Headers;
    const { idempotencyKey, ...options } = about.options as RequestOptions;
    for (const [name, value] of Object.entries(promptlyHeaders(options))) headers.set(name, value);
    if (idempotencyKey) headers.set("idempotency-key", idempotencyKey);
  }

  protected override makeStatusError(
    status: number,
    error: Object,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    const made =
      errors.promptlyError(status, error, message, headers) ?? super.makeStatusError(status, error, message, headers);
    // OpenAI's client reads the id where OpenAI writes it.
    return Object.assign(made, { requestID: headers.get("x-promptly-request-id") ?? made.requestID });
  }
}
