// What the client sends, and where it takes its address and key from.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import OpenAI, { OpenAIError } from "openai";
import Promptly, * as promptly from "promptly-sdk";
import { environment, serve } from "./server.mjs";

const COMPLETION = { id: "c", object: "chat.completion", created: 1, model: "gpt-4o-mini", choices: [] };
const ASK = { model: "gpt-4o", messages: [{ role: "user", content: "Hello!" }] };
const KEY = "sk-promptly-one";

test("the key and the address come from arguments, then from the environment, then from the guide", (t) => {
  environment(t, {
    PROMPTLY_API_KEY: undefined,
    PROMPTLY_BASE_URL: undefined,
    OPENAI_API_KEY: "sk-proj-secret",
    OPENAI_BASE_URL: "https://api.openai.example/v1",
  });
  assert.throws(() => new Promptly(), promptly.MissingKeyError);
  assert.throws(() => new Promptly(), /Promptly needs a key.*PROMPTLY_API_KEY/);
  assert.equal(new Promptly({ apiKey: KEY }).baseURL, "https://api.getpromptly.in/v1");
  environment(t, { PROMPTLY_API_KEY: " sk-promptly-two\n", PROMPTLY_BASE_URL: "http://localhost:8000/v1" });
  const fromEnvironment = new Promptly();
  assert.deepEqual(
    [fromEnvironment.apiKey, fromEnvironment.baseURL],
    ["sk-promptly-two", "http://localhost:8000/v1"],
  );
  const fromArguments = new Promptly({ apiKey: KEY, baseURL: "http://here/v1" });
  assert.deepEqual([fromArguments.apiKey, fromArguments.baseURL], [KEY, "http://here/v1"]);
});

test("keys, organization and project of OpenAI's environment are not sent", async (t) => {
  environment(t, { OPENAI_API_KEY: "sk-a", OPENAI_ADMIN_KEY: "sk-b", OPENAI_ORG_ID: "org-c", OPENAI_PROJECT_ID: "d" });
  const { asked, baseURL } = await serve(t, [200, COMPLETION]);
  await new Promptly({ apiKey: KEY, baseURL }).chat.completions.create(ASK);
  const { headers } = asked[0];
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.deepEqual([headers["openai-organization"], headers["openai-project"]], [undefined, undefined]);
});

test("options are headers of one request, and no part of the body", async (t) => {
  const { asked, baseURL } = await serve(t, [200, COMPLETION]);
  const client = new Promptly({ apiKey: KEY, baseURL, defaultHeaders: { "x-promptly-level": "moderate" } });
  await client.chat.completions.create(ASK, {
    level: "aggressive",
    cache: "no-store",
    routing: "manual",
    tags: { team: "search", "cost.centre": "4 2" },
    headers: { "x-own": "kept" },
  });
  await client.chat.completions.create(ASK);
  await client.completions.create({ model: "gpt-4o", prompt: "Hello!" }, { level: "off" });
  const ours = ({ headers }) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => /^x-(promptly|own)/.test(name)));
  assert.deepEqual(ours(asked[0]), {
    "x-promptly-level": "aggressive",
    "x-promptly-cache": "no-store",
    "x-promptly-routing": "manual",
    "x-promptly-tags": "team=search,cost.centre=4 2",
    "x-own": "kept",
  });
  assert.deepEqual(asked[0].body, ASK);
  assert.deepEqual(ours(asked[1]), { "x-promptly-level": "moderate" });
  assert.deepEqual(ours(asked[2]), { "x-promptly-level": "off" });
});

test("options reach what the helpers send, and every try of it", async (t) => {
  const busy = [503, { detail: "Later.", error: { message: "Later." } }, { "retry-after-ms": "1" }];
  const { asked, baseURL } = await serve(t, busy, [200, COMPLETION]);
  const client = new Promptly({ apiKey: KEY, baseURL });
  await client.chat.completions.parse(ASK, { level: "off" });
  assert.deepEqual(asked.map(({ headers }) => headers["x-promptly-level"]), ["off", "off"]);
});

test("a tag that would arrive as another is refused", async (t) => {
  const { asked, baseURL } = await serve(t, [200, COMPLETION]);
  const client = new Promptly({ apiKey: KEY, baseURL });
  for (const tags of [{ a: "b,c=d" }, { a: "" }, { "a b": "c" }, { a: "日本" }, { a: "b\nc" }]) {
    await assert.rejects(client.chat.completions.create(ASK, { tags }), OpenAIError);
  }
  assert.equal(asked.length, 0);
});

test("optimize sends what it is given, under a key of its own that repeats with every try", async (t) => {
  const busy = [503, { success: false, error: { code: "SERVICE_UNAVAILABLE", message: "Later.", details: {} } }];
  const { asked, baseURL } = await serve(t, [...busy, { "retry-after-ms": "1" }], [200, { tokens_saved: 3 }]);
  const client = new Promptly({ apiKey: KEY, baseURL });
  const options = { similarityThreshold: 0.8, metadata: { client_id: "c-7" }, cache: "no-cache" };
  assert.equal((await client.optimize("A prompt", options)).tokens_saved, 3);
  await client.optimize("A prompt");
  await client.optimize("A prompt", { idempotencyKey: "mine" });
  assert.deepEqual(asked.map(({ url }) => url), Array(4).fill("/v1/optimize"));
  assert.deepEqual(asked[0].body, {
    prompt: "A prompt",
    similarity_threshold: 0.8,
    metadata: { client_id: "c-7" },
  });
  assert.deepEqual(asked[2].body, { prompt: "A prompt" });
  assert.equal(asked[0].headers["x-promptly-cache"], "no-cache");
  const keys = asked.map(({ headers }) => headers["idempotency-key"]);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
  assert.equal(keys[3], "mine");
});

test("credits and feedback", async (t) => {
  const { asked, baseURL } = await serve(t, [200, { balance_tokens: 7 }]);
  const client = new Promptly({ apiKey: KEY, baseURL });
  assert.equal((await client.credits()).balance_tokens, 7);
  await client.feedback("req_1", "bad", { cacheWrong: true, comment: "Another question." });
  await client.feedback("req_2", "good");
  assert.equal(asked[0].url, "/v1/credits");
  assert.deepEqual(
    asked.slice(1).map(({ url, body }) => [url, body]),
    [
      ["/v1/feedback", { request_id: "req_1", rating: "bad", cache_wrong: true, comment: "Another question." }],
      ["/v1/feedback", { request_id: "req_2", rating: "good" }],
    ],
  );
});

test("what is exported, from either kind of module", () => {
  const names = [
    "BudgetExceededError",
    "IdempotencyConflictError",
    "IdempotencyMismatchError",
    "InsufficientCreditsError",
    "MissingKeyError",
    "NoProviderKeyError",
    "PayloadTooLargeError",
    "Promptly",
    "RateLimitError",
    "UnavailableError",
    "UpstreamError",
    "default",
    "metadataOf",
    "promptlyHeaders",
    "wrap",
  ];
  assert.deepEqual(Object.keys(promptly), names);
  const required = createRequire(import.meta.url)("promptly-sdk");
  assert.deepEqual(Object.keys(required).sort(), names);
  assert.equal(required.default, required.Promptly);
  assert.ok(new required.Promptly({ apiKey: KEY }).chat);
  assert.ok(new Promptly({ apiKey: KEY }) instanceof OpenAI);
});
