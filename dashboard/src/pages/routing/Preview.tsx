import { Badge, Button, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../../api/client";
import { useProviders } from "../../ui/ConnectProvider";
import { Facts } from "../../ui/Facts";
import { requestOf } from "../../ui/pasted";
import { whySentence } from "../../ui/routing";
import { Panel, Refused } from "../../ui/states";

export function Preview() {
  const [text, setText] = useState("");
  const [model, setModel] = useState("gpt-4o");
  const preview = useMutation({
    mutationFn: async () => {
      const body = requestOf(text, model.trim());
      return { asked: body.model, route: await call("post", "/api/routing/preview", { body }) };
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
          Paste a prompt, or the JSON of a whole chat request, to see where it would go. No provider is called, and nothing is kept.
        </Text>
        <form onSubmit={submit} aria-label="Preview">
          <Stack gap="sm">
            <Textarea label="Prompt or request" required autosize minRows={4} maxRows={14} value={text} onChange={(event) => setText(event.currentTarget.value)} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
            <Group align="flex-end" gap="sm">
              <TextInput label="Model asked for" required value={model} onChange={(event) => setModel(event.currentTarget.value)} />
              <Button type="submit" loading={preview.isPending}>
                Show where it would go
              </Button>
            </Group>
          </Stack>
        </form>
        <Refused error={preview.error} />
        {preview.data && <Result asked={preview.data.asked} route={preview.data.route} />}
      </Stack>
    </Panel>
  );
}

function Result({ asked, route }: { asked: string; route: Schema["Route"] }) {
  const words = (names: string[]) => (
    <Group gap={4}>
      {names.map((name) => (
        <Badge key={name} variant="light" color="gray">
          {name.replaceAll("_", " ")}
        </Badge>
      ))}
    </Group>
  );
  const { nameOf } = useProviders();
  const why = route.rule ? `The rule “${route.rule.name ?? route.rule.id}” decided.` : whySentence(route.reason, route.model === asked);
  return (
    <Stack gap="xs" data-testid="route">
      <Text role="status">
        {asked === route.model ? <b>{route.model}</b> : <>{asked} → <b>{route.model}</b></>}
        {", "}
        {nameOf(route.provider)}
      </Text>
      <Facts
        rows={[
          ["Why", why],
          ["In auto mode", route.shadow_model && (route.shadow_model === route.model ? "The same model" : route.shadow_model)],
          ["Tier", route.tier],
          ["Complexity", route.score !== null && `${route.score.toFixed(2)} (0 is easy, 1 is hard)`],
          ["What spoke for it", route.signals.length > 0 && words(route.signals)],
          ["Rules that could not be obeyed", route.skipped_rules.length > 0 && words(route.skipped_rules)],
        ]}
      />
    </Stack>
  );
}
