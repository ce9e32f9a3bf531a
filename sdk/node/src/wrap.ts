/** For those who have an OpenAI client already. */

import OpenAI, { OpenAIError, type ClientOptions } from "openai";
import { MissingKeyError } from "./errors.js";
import * as settings from "./settings.js";

export interface WrapOptions {
  /** A Promptly key; without it the client's own, if that is one, else `PROMPTLY_API_KEY`. */
  apiKey?: ClientOptions["apiKey"];
  /** Where Promptly is; without it `PROMPTLY_BASE_URL`, else Promptly's own address. */
  baseURL?: string | undefined;
}

const PROMPTLY_KEY = /^(?:sk-promptly-|sk_live_)/;

/**
 * A copy of an OpenAI client that goes through Promptly; the client itself stays as it is.
 *
 * Only the address changes, and the key where the client's is not one of Promptly's: a key of OpenAI's is never sent.
 */
export function wrap<Client extends OpenAI>(client: Client, options: WrapOptions = {}): Client {
  // Azure's and Bedrock's clients have addresses and ways to sign of their own.
  if ("apiVersion" in client || client.constructor.name === "BedrockOpenAI") {
    throw new OpenAIError(`wrap takes OpenAI's own client, not ${client.constructor.name}.`);
  }
  const own = client.apiKey && PROMPTLY_KEY.test(client.apiKey) ? client.apiKey : undefined;
  const apiKey = options.apiKey || own || settings.apiKey();
  if (!apiKey) {
    throw new MissingKeyError(
      "The wrapped client has no Promptly key: pass `apiKey`, or set the environment variable PROMPTLY_API_KEY.",
    );
  }
  return client.withOptions({ apiKey, baseURL: options.baseURL || settings.baseURL() });
}
