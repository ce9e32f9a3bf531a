// What must not compile; a line that does fails this file.
import OpenAI from "openai";
import Promptly, { wrap } from "promptly-sdk";

const client = new Promptly({ apiKey: "sk-promptly-x" });
const ask: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming = { model: "gpt-4o", messages: [] };

// @ts-expect-error there is no such level
client.chat.completions.create(ask, { level: "extreme" });
// @ts-expect-error the cache is not switched with a boolean
client.chat.completions.create(ask, { cache: false });
// @ts-expect-error there is no such mode
client.chat.completions.create(ask, { routing: "cheap" });
// @ts-expect-error a tag's value is text
client.chat.completions.create(ask, { tags: { team: 7 } });
// @ts-expect-error options of ours do not go into OpenAI's body
client.chat.completions.create({ model: "gpt-4o", messages: [], level: "off" });
// @ts-expect-error a model is needed
client.chat.completions.create({ messages: [] });
// @ts-expect-error an answer may be without metadata
client.chat.completions.create(ask).then((answer) => answer.promptly_metadata.savings);
// @ts-expect-error there is no such field
client.chat.completions.create(ask).then((answer) => answer.promptly_metadata?.saved);
// @ts-expect-error an unknown price makes no saving
client.chat.completions.create(ask).then((answer): number | undefined => answer.promptly_metadata?.savings);
// @ts-expect-error a prompt is needed
client.optimize();
// @ts-expect-error the threshold is a number
client.optimize("A prompt", { similarityThreshold: "high" });
// @ts-expect-error named as JavaScript names its options
client.optimize("A prompt", { similarity_threshold: 0.9 });
// @ts-expect-error there are two ratings
client.feedback("req_1", "fine");
// @ts-expect-error only a client can be wrapped
wrap({ apiKey: "sk-promptly-x" });
// @ts-expect-error a wrapped client is still OpenAI's
wrap(new OpenAI()).optimize("A prompt");
