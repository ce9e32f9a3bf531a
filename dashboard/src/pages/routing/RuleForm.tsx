import { Autocomplete, Button, Group, NativeSelect, NumberInput, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale } from "../../api/queries";
import { OPERATORS, type Rule, TIERS } from "../../ui/routing";
import { Refused } from "../../ui/states";
import { useModels } from "./models";

type Condition = Rule["condition_type"];
type Operator = (typeof OPERATORS)[number]["value"];

/** A rule to be made, or to be changed. A new one is tried last: as young as it is, behind those of the last one's priority. */
export function RuleForm({ rule, last, done }: { rule?: Rule; last: number; done: () => void }) {
  const client = useQueryClient();
  const models = useModels();
  const value = rule?.condition_value;
  const [name, setName] = useState(rule?.name ?? "");
  const [type, setType] = useState<Condition>(rule?.condition_type ?? "keyword");
  const [keywords, setKeywords] = useState<string[]>(value && "keywords" in value ? value.keywords : []);
  const [operator, setOperator] = useState<Operator>(value && "operator" in value ? value.operator : "gt");
  const [tokens, setTokens] = useState<number | string>(value && "operator" in value ? value.value : 1000);
  const [action, setAction] = useState<Rule["action"]>(rule?.action ?? "use_model");
  const [model, setModel] = useState(rule?.action === "use_model" ? rule.action_value : "");
  const [tier, setTier] = useState(rule?.action === "force_tier" ? rule.action_value : "simple");
  const save = useMutation({
    mutationFn: (): Promise<Rule> => {
      const body: Schema["RuleBody"] = {
        name: name.trim(),
        condition_type: type,
        condition_value: type === "keyword" ? { keywords } : type === "token_count" ? { operator, value: Number(tokens) } : {},
        action,
        action_value: action === "use_model" ? model.trim() : tier,
        priority: last,
      };
      if (!rule) return call("post", "/api/routing/rules", { body });
      return call("put", "/api/routing/rules/{rule_id}", { path: { rule_id: rule.id }, body: { ...body, priority: null } });
    },
    onSuccess: () => {
      if (!rule) {
        setName("");
        setKeywords([]);
        setModel("");
      }
      stale(client, "routing", "rules");
      done();
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={rule ? `Edit ${rule.name}` : "New rule"}>
      <Stack gap="sm">
        <TextInput label="Name" required maxLength={200} maw={420} value={name} error={fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
        <Group align="flex-start" gap="sm">
          <NativeSelect
            label="If"
            value={type}
            onChange={(event) => setType(event.currentTarget.value as Condition)}
            data={[
              { value: "keyword", label: "the prompt holds" },
              { value: "token_count", label: "the prompt's length is" },
              { value: "always", label: "always" },
            ]}
          />
          {type === "keyword" && (
            <TagsInput
              label="One of these words or phrases"
              description="Whole words, in capitals or not; Enter adds one"
              required
              flex="1 1 260px"
              inputWrapperOrder={["label", "input", "description", "error"]}
              value={keywords}
              error={fields["condition_value"]}
              onChange={setKeywords}
            />
          )}
          {type === "token_count" && (
            <>
              <NativeSelect label="Compared" value={operator} onChange={(event) => setOperator(event.currentTarget.value as Operator)} data={[...OPERATORS]} />
              <NumberInput label="Tokens" required min={0} max={100_000_000} allowDecimal={false} hideControls w={140} value={tokens} error={fields["condition_value"]} onChange={setTokens} />
            </>
          )}
        </Group>
        <Group align="flex-start" gap="sm">
          <NativeSelect
            label="Then"
            value={action}
            onChange={(event) => setAction(event.currentTarget.value as Rule["action"])}
            data={[
              { value: "use_model", label: "use the model" },
              { value: "force_tier", label: "use the tier" },
            ]}
          />
          {action === "use_model" ? (
            <Autocomplete
              label="Model"
              description="Also where it costs more than the requested one"
              required
              maxLength={200}
              flex="1 1 260px"
              maw={420}
              inputWrapperOrder={["label", "input", "description", "error"]}
              data={models}
              value={model}
              error={fields["action_value"]}
              onChange={setModel}
            />
          ) : (
            <NativeSelect label="Tier" value={tier} error={fields["action_value"]} onChange={(event) => setTier(event.currentTarget.value)} data={[...TIERS]} />
          )}
        </Group>
        <Refused error={save.error} />
        <Group gap="sm">
          <Button type="submit" loading={save.isPending}>
            {rule ? "Save the rule" : "Make the rule"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
