// The AI SDK with the provider that its guide imports, as it is: the address and the key are in OPENAI_BASE_URL and OPENAI_API_KEY.
import assert from "node:assert/strict";
import { openai } from "@ai-sdk/openai";
import { APICallError, embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { API, call, EMBEDDINGS, isUsed, MODEL, play, run, UNKNOWN } from "./played.mjs";
import { z } from "zod";

const named = (model) => (API === "chat" ? openai.chat(model) : openai(model));
const model = named(MODEL);
const porto = { name: "Porto", country: "Portugal" };
const city = z.object({ name: z.string(), country: z.string() });
const inputSchema = z.object({ city: z.string() });
const tools = {
  weather: tool({ description: "The weather.", inputSchema, execute: async ({ city }) => `It is sunny in ${city}.` }),
  population: tool({ description: "Who lives there.", inputSchema, execute: async () => 231_000 }),
};
const calls = [call("weather", 1, { city: "Porto" }), call("population", 2, { city: "Porto" })];
const loop = [{ content: "I look.", tool_calls: calls }, { content: "Sunny, 231,000 people." }];

async function plain() {
  await play({ content: "Lisbon." });
  const { text, usage } = await generateText({ model, system: "Be brief.", prompt: "What is Portugal's capital?" });
  assert.equal(text, "Lisbon.");
  isUsed(usage.inputTokens, usage.outputTokens);
}

async function stream() {
  await play({ content: "One two three." });
  const result = streamText({ model, prompt: "Count to three." });
  const pieces = [];
  for await (const piece of result.textStream) pieces.push(piece);
  assert.ok(pieces.length > 1);
  assert.equal(pieces.join(""), "One two three.");
  const usage = await result.usage;
  isUsed(usage.inputTokens, usage.outputTokens);
}

async function toolLoop() {
  await play(...loop);
  const { text, steps, totalUsage } = await generateText({ model, tools, stopWhen: stepCountIs(3), prompt: "Tell me of Porto." });
  assert.equal(text, "Sunny, 231,000 people.");
  assert.deepEqual(steps[0].toolResults.map((one) => one.output), ["It is sunny in Porto.", 231_000]);
  if (totalUsage) isUsed(totalUsage.inputTokens, totalUsage.outputTokens, 2);
}

async function streamedToolLoop() {
  await play(...loop);
  const result = streamText({ model, tools, stopWhen: stepCountIs(3), prompt: "And of Porto, streamed?" });
  assert.equal(await result.text, "Sunny, 231,000 people.");
  assert.equal((await result.steps).length, 2);
}

async function structuredOutput() {
  await play({ content: JSON.stringify(porto) }, { content: JSON.stringify(porto) });
  const asked = { model, output: Output.object({ schema: city }) };
  const { output } = await generateText({ ...asked, prompt: "Porto is a city in Portugal." });
  assert.deepEqual(output, porto);
  const streamed = streamText({ ...asked, prompt: "Porto is a city. Where?" });
  assert.deepEqual(await streamed.output, porto);
}

async function conversation() {
  await play({ content: "Noted." }, { content: "Your name is Ada." });
  const messages = [{ role: "user", content: "My name is Ada." }];
  const first = await generateText({ model, messages });
  messages.push(...first.response.messages, { role: "user", content: "What is my name?" });
  assert.equal((await generateText({ model, messages })).text, "Your name is Ada.");
}

async function embeddings() {
  const vectors = openai.embedding(EMBEDDINGS);
  const values = ["Porto is a city.", "A cat sleeps."];
  const { embeddings, usage } = await embedMany({ model: vectors, values });
  assert.equal(embeddings.length, 2);
  assert.ok(embeddings[0].length > 100 && usage.tokens > 0);
  assert.deepEqual((await embed({ model: vectors, value: values[0] })).embedding, embeddings[0]);
}

async function unknownModel() {
  await assert.rejects(generateText({ model: named(UNKNOWN), prompt: "Hello?", maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error), String(error));
    assert.equal(error.statusCode, 404);
    assert.match(error.message, /no-such-model/);
    return true;
  });
}

await run({
  plain, stream, "tool loop": toolLoop, "streamed tool loop": streamedToolLoop, "structured output": structuredOutput, conversation,
  ...(EMBEDDINGS ? { embeddings } : {}), "unknown model": unknownModel,
});
