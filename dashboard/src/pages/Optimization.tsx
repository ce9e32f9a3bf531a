import { Badge, Button, Fieldset, Group, NativeSelect, NumberInput, SegmentedControl, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../api/client";
import { optimizationSettings, settle, type Settings } from "../api/queries";
import { useMay } from "../app/who";
import { Diff } from "../ui/Diff";
import { count, exactMoney, lever, percent } from "../ui/format";
import { messagesOf, type Role } from "../ui/pasted";
import { InForce, Nothing, PageTitle, Panel, Refused, Show } from "../ui/states";
import { useEdits } from "../ui/useEdits";
import { stepLabel, whyNot } from "./optimization/steps";

type Level = Settings["level"];
const LEVELS: { value: Level; label: string; about: string }[] = [
  { value: "off", label: "Off", about: "Prompts go out as they came." },
  { value: "conservative", label: "Conservative", about: "Blanks and JSON; of a long conversation the latest 20 messages stay." },
  { value: "moderate", label: "Moderate", about: "Also repeats, fillers and decoration in instructions; the latest 10 messages stay." },
  { value: "aggressive", label: "Aggressive", about: "Also articles and more phrases of instructions, as far as their meaning measurably stays, and old results of tools; the latest 6 messages stay." },
];
type Toggle = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings];
const TOGGLES: { name: Toggle; label: string; about: string }[] = [
  { name: "whitespace_removal", label: "Whitespace and JSON", about: "Blanks, minified JSON, tools' results as tables" },
  { name: "redundancy_elimination", label: "Repeats", about: "What was already said is not sent twice" },
  { name: "system_prompt_compression", label: "Instructions", about: "Fillers and decoration from moderate on, articles on aggressive; never what users say" },
  { name: "context_pruning", label: "Long conversations", about: "The latest messages stay, and what older ones named" },
  { name: "values_line", label: "Values line", about: "One line keeps the names and numbers of what was cut" },
  { name: "deferral", label: "Slower tier", about: "Half price for requests that say they can wait (x-promptly-deadline)" },
  { name: "prefix_caching", label: "Provider cache", about: "Asks Anthropic and OpenAI to cache what comes again, where it pays" },
  { name: "extraction", label: "Documents", about: "Leaves out documents that do not bear on the question" },
];
// Off until somebody wants them; on trial they only say what they would do.
const TRIALS: { name: "effort" | "tool_definitions" | "images"; label: string; about: string }[] = [
  { name: "effort", label: "Less effort", about: "Models think one step less in conversations that the router judges simple" },
  { name: "tool_definitions", label: "Tool definitions", about: "Descriptions in fewer words; at the aggressive level" },
  { name: "images", label: "Pictures", about: "Low detail where only their gist is asked for; at the aggressive level" },
];
const TRIAL = [
  { value: "off", label: "Off" },
  { value: "shadow", label: "Record what it would do" },
  { value: "on", label: "On" },
];

export default function Optimization() {
  const found = useQuery(optimizationSettings());
  return (
    <>
      <PageTitle title="Optimization" />
      <Stack>
        <Show of={found} height={{ base: 1150, xs: 730, md: 520 }} name="Settings">
          {(settings) => <Form settings={settings} />}
        </Show>
        <Preview settings={found.data} />
      </Stack>
    </>
  );
}

function Form({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const { draft, edits, changed, set, undo } = useEdits(settings);
  const save = useMutation({
    mutationFn: () => call("put", "/api/optimization/settings", { body: edits }),
    onSuccess: (now) => settle(client, optimizationSettings().queryKey, now),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const off = draft.level === "off";
  return (
    <form onSubmit={submit} aria-label="Settings">
      <Panel title="Settings" aside={may ? undefined : <Badge variant="light" color="gray">Admins change these</Badge>}>
        <Fieldset variant="unstyled" disabled={!may}>
          <Stack>
            <div>
              <Text size="sm" fw={600} mb={4} id="level">
                Level
              </Text>
              <SegmentedControl
                aria-labelledby="level"
                disabled={!may}
                value={draft.level}
                onChange={(value) => set({ level: LEVELS.find((one) => one.value === value)?.value ?? draft.level })}
                data={LEVELS.map(({ value, label }) => ({ value, label }))}
                size="xs"
              />
              <Text size="xs" c="dimmed" mt={4}>
                {LEVELS.find((one) => one.value === draft.level)?.about}
              </Text>
            </div>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
              {TOGGLES.map(({ name, label, about }) => (
                <Switch key={name} label={label} description={about} disabled={!may || off} checked={draft[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} />
              ))}
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
              {TRIALS.map(({ name, label, about }) => (
                <NativeSelect
                  key={name}
                  label={label}
                  description={about}
                  disabled={!may || off}
                  data={TRIAL}
                  value={draft[name]}
                  onChange={(event) => set({ [name]: TRIAL.find((one) => one.value === event.currentTarget.value)?.value ?? draft[name] })}
                />
              ))}
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
              <Switch
                label="Answer from the cache"
                description="The same question, or the same in other words, is answered at once"
                disabled={!may}
                checked={draft.cache_enabled}
                onChange={(event) => set({ cache_enabled: event.currentTarget.checked })}
              />
              <NumberInput
                label="Similarity threshold"
                description="0 to 1; higher is stricter"
                disabled={!may || !draft.cache_enabled}
                min={0}
                max={1}
                step={0.01}
                decimalScale={4}
                required
                value={draft.cache_similarity_threshold}
                onChange={(value) => typeof value === "number" && set({ cache_similarity_threshold: value })}
              />
              <NumberInput
                label="TTL (seconds)"
                description="Up to a year"
                disabled={!may || !draft.cache_enabled}
                min={1}
                max={31_536_000}
                allowDecimal={false}
                required
                value={draft.cache_ttl_seconds}
                onChange={(value) => typeof value === "number" && set({ cache_ttl_seconds: value })}
              />
            </SimpleGrid>
            <Refused error={save.error} />
            {may && (
              <Group gap="sm">
                <Button type="submit" disabled={!changed} loading={save.isPending}>
                  Save
                </Button>
                <Button variant="subtle" color="gray" disabled={!changed} onClick={undo}>
                  Undo
                </Button>
                <InForce changed={changed} />
              </Group>
            )}
          </Stack>
        </Fieldset>
      </Panel>
    </form>
  );
}

function Preview({ settings }: { settings: Settings | undefined }) {
  const [text, setText] = useState("");
  const [model, setModel] = useState("gpt-4o");
  const [level, setLevel] = useState<Level | "">("");
  const [role, setRole] = useState<Role>("system");
  const preview = useMutation({
    mutationFn: async () => {
      const pasted = messagesOf(text, role);
      return call("post", "/api/optimization/preview", {
        body: { model: pasted.model ?? model.trim(), messages: pasted.messages, n: null, tools: null, functions: null, response_format: null, max_tokens: null, max_completion_tokens: null },
        headers: level ? { "x-promptly-level": level } : {},
      });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    preview.mutate();
  };
  return (
    <Panel title="Preview">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Paste a prompt, or the JSON of a whole chat request. No provider is called, and nothing is kept.
        </Text>
        <form onSubmit={submit} aria-label="Preview">
          <Stack gap="sm">
            <Textarea label="Prompt or request" required autosize minRows={5} maxRows={14} value={text} onChange={(event) => setText(event.currentTarget.value)} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
            <Group align="flex-end" gap="sm">
              <TextInput label="Model" required value={model} onChange={(event) => setModel(event.currentTarget.value)} />
              <NativeSelect
                label="Level"
                value={level}
                onChange={(event) => setLevel(LEVELS.find((one) => one.value === event.currentTarget.value)?.value ?? "")}
                data={[{ value: "", label: `as saved${settings ? ` (${settings.level})` : ""}` }, ...LEVELS.map(({ value, label }) => ({ value, label }))]}
              />
              <NativeSelect
                label="A pasted text is"
                value={role}
                onChange={(event) => setRole(event.currentTarget.value === "user" ? "user" : "system")}
                data={[
                  { value: "system", label: "instructions (system)" },
                  { value: "user", label: "what a user says" },
                ]}
              />
              <Button type="submit" loading={preview.isPending}>
                Show what would be sent
              </Button>
            </Group>
          </Stack>
        </form>
        <Refused error={preview.error} />
        {preview.data && <Result preview={preview.data} />}
      </Stack>
    </Panel>
  );
}

function Result({ preview }: { preview: Schema["Preview"] }) {
  const nothing = preview.diff.every((message) => message.change === "kept");
  return (
    <Stack gap="sm" data-testid="preview">
      <Group gap="lg" className="figures" role="status">
        <Text size="sm">
          <b>
            {count(preview.original_tokens)} → {count(preview.optimized_tokens)}
          </b>{" "}
          tokens ({percent(preview.original_tokens ? preview.tokens_saved / preview.original_tokens : 0)} less)
          {!preview.exact_tokens && ", about"}
        </Text>
        <Text size="sm">
          <b>
            {exactMoney(preview.cost_before_usd)} → {exactMoney(preview.cost_after_usd)}
          </b>{" "}
          for the prompt
        </Text>
        {preview.levers.map((one) => (
          <Badge key={one.lever} variant="light">
            {lever(one.lever)}: {count(one.tokens_saved)}
          </Badge>
        ))}
      </Group>
      {nothing ? <Nothing title="Nothing would change">This prompt goes out as it is: a step cuts only what it is sure of.</Nothing> : <Diff messages={preview.diff} />}
      <Reasons preview={preview} open={nothing} />
      <Parts parts={preview.parts} />
    </Stack>
  );
}

function Parts({ parts }: { parts: Schema["PreviewPart"][] }) {
  const told = parts.filter((part) => part.left_alone);
  if (told.length === 0) return null;
  return (
    <details>
      <summary>
        <Text span size="sm">
          What is left as it is
        </Text>
      </summary>
      <ul>
        {told.map((part) => (
          <li key={`${part.message}.${part.part}`}>
            <Text span size="sm">
              Message {part.message + 1} ({part.role}, {part.kinds.join(", ")}): {part.left_alone}
            </Text>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Of each step that did nothing, or left something alone, why. */
function Reasons({ preview, open }: { preview: Schema["Preview"]; open: boolean }) {
  const told = preview.steps.filter((step) => step.outcome !== "applied" || step.reason);
  if (told.length === 0) return null;
  return (
    <details open={open}>
      <summary>
        <Text span size="sm">
          {open ? "Why nothing was cut, step by step" : "Why other steps did nothing"}
        </Text>
      </summary>
      <ul>
        {told.map((step, at) => (
          <li key={at}>
            <Text span size="sm">
              {stepLabel(step.step)}: {whyNot(step, preview)}
            </Text>
          </li>
        ))}
      </ul>
    </details>
  );
}
