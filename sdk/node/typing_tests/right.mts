// What has to compile, and to which types. The package is taken by its name, so these are the types that are shipped.
import OpenAI from "openai";
import Promptly, {
  InsufficientCreditsError,
  RateLimitError,
  wrap,
  type Credits,
  type Feedback,
  type Metadata,
  type OptimizedPrompt,
} from "promptly-sdk";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const client = new Promptly({ apiKey: "sk-promptly-x", baseURL: "http://localhost:8000/v1", maxRetries: 0 });
const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: "user", content: "Hello!" }];
const ask = { model: "gpt-4o", messages };

const answer = await client.chat.completions.create(ask, {
  level: "aggressive",
  cache: "no-store",
  routing: "shadow",
  tags: { team: "search" },
  timeout: 5_000,
});
same<typeof answer.promptly_metadata, Metadata | undefined>(true);
same<typeof answer.choices, OpenAI.Chat.ChatCompletion["choices"]>(true);
const savings: number | null | undefined = answer.promptly_metadata?.savings;
const likeOpenAIs: OpenAI.Chat.ChatCompletion = answer;

for await (const chunk of await client.chat.completions.create({ ...ask, stream: true }, { level: "off" })) {
  same<typeof chunk.promptly_metadata, Metadata | undefined>(true);
  const text: string | null | undefined = chunk.choices[0]?.delta.content;
}

const { data, response } = await client.chat.completions.create(ask).withResponse();
same<typeof data.promptly_metadata, Metadata | undefined>(true);
same<typeof response, Response>(true);

const parsed = await client.chat.completions.parse(ask, { cache: "off" });
same<typeof parsed.promptly_metadata, Metadata | undefined>(true);

const runner = client.chat.completions.stream(ask, { routing: "manual" });
for await (const chunk of runner) same<typeof chunk.promptly_metadata, Metadata | undefined>(true);
same<Awaited<ReturnType<typeof runner.finalChatCompletion>>["promptly_metadata"], Metadata | undefined>(true);

const maybe: boolean = JSON.parse("true");
const either = await client.chat.completions.create({ ...ask, stream: maybe });
if ("choices" in either) same<typeof either.promptly_metadata, Metadata | undefined>(true);

const shorter = client.optimize("A prompt", {
  similarityThreshold: 0.9,
  metadata: { client_id: "c-7", depth: 2 },
  idempotencyKey: "one",
  signal: AbortSignal.timeout(1_000),
});
same<Awaited<typeof shorter>["optimized_prompt"], OptimizedPrompt["optimized_prompt"]>(true);
const credits: Credits = await client.credits();
const kept: Feedback = await client.feedback("req_1", "bad", { cacheWrong: true, comment: "Another question." });

// A client for Promptly goes wherever one for OpenAI does, and keeps its type through both ways to copy it.
const openai: OpenAI = client;
same<ReturnType<typeof client.withOptions>, Promptly>(true);
same<ReturnType<typeof wrap<OpenAI>>, OpenAI>(true);
class Own extends OpenAI {
  mine = 1;
}
const wrapped: Own = wrap(new Own({ apiKey: "sk-x" }), { apiKey: "sk-promptly-x" });
const mine: number = wrapped.mine;

try {
  await client.credits();
} catch (error) {
  if (error instanceof InsufficientCreditsError) same<typeof error.available, number | undefined>(true);
  if (error instanceof Promptly.RateLimitError) same<typeof error.retryAfter, number | undefined>(true);
  if (error instanceof RateLimitError) same<typeof error.status, 429>(true);
}
