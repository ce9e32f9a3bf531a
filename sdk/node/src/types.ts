/** What Promptly adds to OpenAI's answers, and the answers of its own API, named as they are on the wire. */

import type OpenAI from "openai";

export type Lever =
  | "whitespace"
  | "redundancy"
  | "compression"
  | "pruning"
  | "caching"
  | "routing"
  | "cache_discount"
  | "deferral"
  | "tools"
  | "images"
  | "effort";

export type RoutingReason =
  | "rule"
  | "classifier"
  | "manual"
  | "not_dearer"
  | "not_capable"
  | "not_reachable"
  | "abstained"
  | "pinned"
  | "budget";

/** What became of a request: models, tokens, and the dollars that were saved. */
export interface Metadata {
  /** The model that was asked for. */
  baseline_model: string;
  /** The model that was chosen. */
  routed_model: string;
  original_tokens: number;
  optimized_tokens: number;
  /** Dollars; null where a price is unknown. */
  savings: number | null;
  cache_hit: boolean;
  latency_ms: number;
  /** For `client.feedback`, and for the request log. */
  request_id: string;
  provider: string | null;
  /** The name that was sent to the provider. */
  served_model: string | null;
  complexity: string | null;
  cache_similarity: number | null;
  /** What changed something. */
  optimizations: Lever[];
  fallback_used: boolean;
  /** Parts that the request went without. */
  degraded: string[];
  /** The cached answer that was served. */
  cache_entry_id?: string;
  /** How many messages hold prose, data, structured, code, layout or unknown content. */
  content_kinds?: Record<string, number>;
  /** What was not sent: messages, results, documents. */
  left_out?: Record<string, number>;
  /** Cuts that were left out because they would have cost more than they save. */
  not_done?: string[];
  /** Why this model. */
  routing_reason?: RoutingReason;
  /** The budget that had no room, and wanted the request to be routed as a simple one. */
  budget_exceeded?: string;
  /** How much the model was asked to think, where that is less than it does by itself. */
  effort?: string;
  /** What in the prompt spoke for its complexity, strongest first. */
  routing_signals?: string[];
  /** In shadow mode, the model that routing would have chosen. */
  shadow_model?: string;
  /** Dollars that it would have saved on these tokens; null where a price is unknown. */
  shadow_savings?: number | null;
  /** Parameters that the provider has no word for. */
  dropped_params?: string[];
  /** What is to be known about the model's name. */
  model_note?: string;
  /** The rule that chose the model. */
  rule?: string;
  /** The provider told no usage; tokens were counted by Promptly. */
  usage_estimated?: true;
}

/** Present on every answer of Promptly; optional because a client may be pointed elsewhere. */
export interface WithMetadata {
  promptly_metadata?: Metadata;
}

/** The metadata of an answer or a chunk whose type does not know of it, such as a wrapped client's. */
export function metadataOf(answer: object): Metadata | undefined {
  return (answer as WithMetadata).promptly_metadata;
}

export type ChatCompletion = OpenAI.Chat.ChatCompletion & WithMetadata;

/** The last chunk of a stream carries the metadata. */
export type ChatCompletionChunk = OpenAI.Chat.ChatCompletionChunk & WithMetadata;

/** A prompt that says the same in fewer tokens; the prompt itself where nothing shorter was similar enough. */
export interface OptimizedPrompt {
  optimized_prompt: string;
  original_prompt: string;
  /** What was charged. */
  original_tokens: number;
  compressed_tokens: number;
  tokens_saved: number;
  /** Between 0 and 1, never below the threshold that was asked for. */
  similarity_score: number;
  latency_ms: number;
  cache_hit: boolean;
  /** What shortened the prompt, and what measured it. */
  optimizer_model: string;
}

/** What is left for `client.optimize`. */
export interface Credits {
  /** Null where credits are not counted. */
  balance_tokens: number | null;
  currency: "GBP";
  price_per_million_tokens: number;
}

export type Rating = "good" | "bad";

export interface Feedback {
  request_id: string;
  rating: Rating;
  /** Whether a cached answer was removed for it. */
  evicted: boolean;
}
