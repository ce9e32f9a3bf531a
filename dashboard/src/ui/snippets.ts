// The first request in four languages.
const KEY = "sk-promptly-…";

export function snippets(origin: string): { id: string; name: string; code: string }[] {
  const base = `${origin}/v1`;
  return [
    {
      id: "python",
      name: "Python",
      code: `# pip install openai
from openai import OpenAI

client = OpenAI(api_key="${KEY}", base_url="${base}")
answer = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "What is the capital of France?"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: "node",
      name: "Node",
      code: `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "${KEY}", baseURL: "${base}" });
const answer = await client.chat.completions.create({
  model: "gpt-4o",
  messages: [{ role: "user", content: "What is the capital of France?" }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      id: "curl",
      name: "cURL",
      code: `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the capital of France?"}]}'`,
    },
    {
      id: "environment",
      name: "Environment",
      code: `export OPENAI_BASE_URL="${base}"
export OPENAI_API_KEY="${KEY}"`,
    },
  ];
}
