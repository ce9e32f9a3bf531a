// A wrapped client is the client that it was, at another address.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { AzureOpenAI, OpenAIError } from "openai";
import Promptly, { MissingKeyError, wrap } from "promptly-sdk";
import { environment, serve } from "./server.mjs";

const ASK = { model: "gpt-4o", messages: [{ role: "user", content: "Hello!" }] };

test("the address changes, and nothing else", async (t) => {
  environment(t, { PROMPTLY_API_KEY: "sk-promptly-other", PROMPTLY_BASE_URL: undefined });
  const { asked, baseURL } = await serve(t, [200, { choices: [] }]);
  class Own extends OpenAI {
    mine = 1;
  }
  const given = new Own({ apiKey: "sk-promptly-own", maxRetries: 5, timeout: 7_000, defaultHeaders: { "x-own": "1" } });
  const wrapped = wrap(given, { baseURL });
  assert.ok(wrapped instanceof Own && wrapped !== given);
  assert.deepEqual([wrapped.mine, wrapped.maxRetries, wrapped.timeout], [1, 5, 7_000]);
  assert.equal(given.baseURL, "https://api.openai.com/v1");
  await wrapped.chat.completions.create(ASK);
  assert.equal(asked[0].headers.authorization, "Bearer sk-promptly-own");
  assert.equal(asked[0].headers["x-own"], "1");
  assert.equal(wrap(given).baseURL, "https://api.getpromptly.in/v1");
  environment(t, { PROMPTLY_BASE_URL: "http://localhost:8000/v1" });
  assert.equal(wrap(given).baseURL, "http://localhost:8000/v1");
  assert.ok(wrap(new Promptly()) instanceof Promptly);
});

test("a key of OpenAI's is never sent", (t) => {
  environment(t, { PROMPTLY_API_KEY: "sk-promptly-other" });
  const given = new OpenAI({ apiKey: "sk-proj-secret" });
  assert.equal(wrap(given).apiKey, "sk-promptly-other");
  assert.equal(wrap(given, { apiKey: "sk_live_third" }).apiKey, "sk_live_third");
  assert.equal(wrap(new OpenAI({ apiKey: async () => "sk-proj-secret" })).apiKey, "sk-promptly-other");
  assert.ok(wrap(given, { apiKey: async () => "sk-promptly-x" }));
  assert.equal(given.apiKey, "sk-proj-secret");
  environment(t, { PROMPTLY_API_KEY: undefined });
  assert.throws(() => wrap(given), MissingKeyError);
});

test("other clouds' clients are refused", () => {
  const azure = new AzureOpenAI({ apiKey: "x", endpoint: "https://x.openai.azure.example", apiVersion: "2024-10-21" });
  assert.throws(() => wrap(azure), OpenAIError);
});
