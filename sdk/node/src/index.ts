export { Promptly as default, Promptly, type FeedbackOptions, type OptimizeOptions } from "./client.js";
export type { Chat, Completions, CompletionStream, RequestOptions } from "./chat.js";
export {
  BudgetExceededError,
  IdempotencyConflictError,
  IdempotencyMismatchError,
  InsufficientCreditsError,
  MissingKeyError,
  NoProviderKeyError,
  PayloadTooLargeError,
  RateLimitError,
  UnavailableError,
  UpstreamError,
} from "./errors.js";
export { promptlyHeaders, type CacheMode, type Level, type PromptlyOptions, type Routing } from "./options.js";
export {
  metadataOf,
  type ChatCompletion,
  type ChatCompletionChunk,
  type Credits,
  type Feedback,
  type Lever,
  type Metadata,
  type OptimizedPrompt,
  type Rating,
  type RoutingReason,
} from "./types.js";
export { wrap, type WrapOptions } from "./wrap.js";
