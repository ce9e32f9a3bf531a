/** OpenAI's chat completions, retyped: the same methods with Promptly's options, and its metadata on what they give. */

import type OpenAI from "openai";
import type { APIPromise } from "openai";
import type { ChatCompletionStream, ChatCompletionStreamParams } from "openai/lib/ChatCompletionStream";
import type { ExtractParsedContentFromParams } from "openai/lib/parser";
// Out of their own module: not every openai 7 names them in `OpenAI.Chat`.
import type { ChatCompletionParseParams, ParsedChatCompletion } from "openai/resources/chat/completions/completions";
import type { Stream } from "openai/streaming";
import type { PromptlyOptions } from "./options.js";
import type { ChatCompletion, ChatCompletionChunk, WithMetadata } from "./types.js";

export type RequestOptions = OpenAI.RequestOptions & PromptlyOptions;

export interface Completions extends OpenAI.Chat.Completions {
  create(
    body: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion>;
  create(
    body: OpenAI.Chat.ChatCompletionCreateParamsStreaming,
    options?: RequestOptions,
  ): APIPromise<Stream<ChatCompletionChunk>>;
  create(
    body: OpenAI.Chat.ChatCompletionCreateParams,
    options?: RequestOptions,
  ): APIPromise<Stream<ChatCompletionChunk> | ChatCompletion>;

  parse<Params extends ChatCompletionParseParams, ParsedT = ExtractParsedContentFromParams<Params>>(
    body: Params,
    options?: RequestOptions,
  ): APIPromise<ParsedChatCompletion<ParsedT> & WithMetadata>;

  stream<Params extends ChatCompletionStreamParams, ParsedT = ExtractParsedContentFromParams<Params>>(
    body: Params,
    options?: RequestOptions,
  ): CompletionStream<ParsedT>;
}

/** The helper that gathers a stream; the metadata stands on what it gathered. */
export interface CompletionStream<ParsedT> extends ChatCompletionStream<ParsedT> {
  finalChatCompletion(): Promise<ParsedChatCompletion<ParsedT> & WithMetadata>;
  [Symbol.asyncIterator](this: ChatCompletionStream<ParsedT>): AsyncIterator<ChatCompletionChunk>;
}

export interface Chat extends OpenAI.Chat {
  completions: Completions;
}
