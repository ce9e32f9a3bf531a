// One prompt, sent twice: with the levers as they are saved, and without them.
import { Alert, Autocomplete, Button, Card, Group, SimpleGrid, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { complete, type Completion, usePlaygroundKey } from "../api/playground";
import { Link } from "../app/router";
import { useMay } from "../app/who";
import { Diff } from "../ui/Diff";
import { Facts } from "../ui/Facts";
import { count, milliseconds } from "../ui/format";
import { Ledger } from "../ui/Ledger";
import { requestOf } from "../ui/pasted";
import { receiptOf } from "../ui/receipt";
import { Nothing, PageTitle, Panel, Refused, Show } from "../ui/states";
import { Status } from "../ui/Status";
import { madeIn } from "./requests/named";
import { useModels } from "./routing/models";

const OFF = { "x-promptly-level": "off", "x-promptly-cache": "off", "x-promptly-routing": "manual" };
const LONGEST = 200_000; // characters
const LOG_TRIES = 40; // half a second apart: the log is written after the answer

interface Run {
  on: Completion;
  off: Completion;
  diff: Schema["MessageChange"][] | null;
}

export default function Playground() {
  const may = useMay("use_keys");
  return (
    <>
      <PageTitle title="Playground" />
      {may ? (
        <Sides />
      ) : (
        <Panel title="Prompt">
          <Nothing title="Your role may not send requests">Ask an admin of your organization to make you a member.</Nothing>
        </Panel>
      )}
    </>
  );
}

function Sides() {
  const [text, setText] = useState("");
  const [model, setModel] = useState("gpt-4o");
  const models = useModels();
  const key = usePlaygroundKey();
  const run = useMutation({
    mutationFn: async (): Promise<Run> => {
      const asked = requestOf(text, model.trim());
      const body = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
      const secret = await key();
      const [on, off, preview] = await Promise.all([
        complete(secret, body, {}),
        complete(secret, body, OFF),
        call("post", "/api/optimization/preview", { body: asked }).catch(() => null), // the answers are what was asked for
      ]);
      return { on, off, diff: preview?.diff ?? null };
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!run.isPending) run.mutate();
  };
  return (
    <Stack>
      <Panel title="Prompt">
        <form onSubmit={submit} aria-label="Prompt">
          <Stack gap="sm">
            <Textarea label="Prompt or request" description="A prompt, or the JSON of a chat request." required autosize minRows={4} maxRows={14} maxLength={LONGEST} value={text} onChange={(event) => setText(event.currentTarget.value)} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
            <Group align="flex-end" gap="sm">
              <Autocomplete label="Model" required maxLength={200} w={280} data={models} value={model} onChange={setModel} />
              <Button type="submit" loading={run.isPending}>
                Send twice
              </Button>
            </Group>
            <Text size="sm" c="dimmed">
              Two real requests go to your provider, and your organization pays for both. They are logged like any other, under a key “Playground” that ends
              when you leave this page, or 15 minutes after it was made.
            </Text>
          </Stack>
        </form>
        <Refused error={run.error} />
      </Panel>
      {run.data && (
        <div role="status" aria-label="Answers">
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Side title="Levers on" note="as your settings have them" said={run.data.on} />
            <Side title="Levers off" note="nothing shortened, no cache, no model chosen but by your rules" said={run.data.off} />
          </SimpleGrid>
        </div>
      )}
      {run.data?.diff && (
        <Panel title="What is changed in the prompt">
          {run.data.diff.every((message) => message.change === "kept") ? <Text size="sm">Nothing: the prompt goes out as it is.</Text> : <Diff messages={run.data.diff} />}
        </Panel>
      )}
    </Stack>
  );
}

function Side({ title, note, said }: { title: string; note: string; said: Completion }) {
  return (
    <Panel title={title}>
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {note}
        </Text>
        {said.failed ? (
          <Alert color="red">{said.text}</Alert>
        ) : (
          <Card withBorder padding="sm">
            <Title order={3} size="sm" mb={4}>
              Answer
            </Title>
            <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", maxHeight: 360, overflowY: "auto" }} tabIndex={0} role="group" aria-label={`Answer, ${title.toLowerCase()}`}>
              {said.text}
            </Text>
          </Card>
        )}
        {said.id && <Logged id={said.id} />}
      </Stack>
    </Panel>
  );
}

/** The request as the log has it, once it does. */
function Logged({ id }: { id: string }) {
  const found = useQuery({
    queryKey: ["requests", "awaited", id],
    queryFn: async ({ signal }) => {
      // Of its millisecond: a request that is not there yet would be an error, which browsers put into the console.
      const { requests } = await call("get", "/api/requests", { query: { ...madeIn(id.slice("req_".length)), limit: 200 }, signal });
      return requests.find((one) => one.id === id) ?? null;
    },
    refetchInterval: ({ state }) => (state.data || state.dataUpdateCount >= LOG_TRIES ? false : 500),
  });
  return (
    <Show of={{ ...found, data: found.data ?? undefined }} height={240} name="The log">
      {(entry) => {
        const { unpriced, ...sum } = receiptOf([entry]);
        return (
          <Stack gap="sm">
            {unpriced === 0 ? (
              <Ledger sum={sum} asked={`Asked for: ${entry.baseline_model}`} paid={entry.cache_hit ? "Paid: no provider was asked" : "Paid"} report="Please report this request's id." />
            ) : (
              <Text size="sm">No price is known, so there is nothing to add up.</Text>
            )}
            <Facts
              rows={[
                ["Status", <Status key="status" entry={entry} />],
                ["Served by", [entry.provider, entry.served_model].filter(Boolean).join(", ")],
                ["Prompt tokens", `${count(entry.original_tokens)} → ${count(entry.optimized_tokens)}`],
                ["Cached input tokens", count(entry.tokens.cache_read)],
                ["Output tokens", count(entry.output_tokens)],
                ["Latency", milliseconds(entry.latency_ms)],
                ["Log", <Link key="log" to={`/requests/${entry.id}`}>Look at this request</Link>],
              ]}
            />
          </Stack>
        );
      }}
    </Show>
  );
}
