import { Button, Checkbox, Group, NativeSelect, NumberInput, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call } from "../../api/client";
import { stale } from "../../api/queries";
import { Refused } from "../../ui/states";
import { type Scope, ScopeFields } from "./ScopeFields";
import { CHANNELS, type Channel, METRICS, type Metric, OPERATORS, type Operator, type Rule } from "./words";

const USUAL_DEVIATIONS = 5;

interface Draft {
  name: string;
  metric: Metric;
  operator: Operator;
  threshold: number | string;
  scope: Scope;
  window: number | string;
  cooldown: number | string;
  channels: Channel[];
  webhook: string;
  secret: string;
  slack: string;
}

const NEW: Draft = {
  name: "",
  metric: "daily_spend",
  operator: "gt",
  threshold: "",
  scope: { by: "organization", value: "", tag: null },
  window: 60,
  cooldown: 60,
  channels: ["email"],
  webhook: "",
  secret: "",
  slack: "",
};

function draftOf(rule: Rule): Draft {
  return {
    name: rule.name,
    metric: rule.metric,
    operator: rule.operator,
    threshold: rule.threshold,
    scope: { by: rule.scope.by ?? "organization", value: rule.scope.value ?? "", tag: rule.scope.tag ?? null },
    window: rule.window_minutes,
    cooldown: rule.cooldown_minutes,
    channels: rule.channels,
    webhook: rule.channel_config.webhook?.url ?? "",
    secret: "",
    slack: rule.channel_config.slack?.url ?? "",
  };
}

function bodyOf(draft: Draft) {
  const { channels } = draft;
  return {
    name: draft.name.trim(),
    metric: draft.metric,
    operator: draft.operator,
    threshold: Number(draft.threshold),
    scope: { ...draft.scope, value: draft.scope.value.trim(), tag: draft.scope.tag?.trim() ?? null },
    channels,
    channel_config: {
      webhook: channels.includes("webhook") ? { url: draft.webhook.trim(), secret: draft.secret.trim() } : null,
      slack: channels.includes("slack") ? { url: draft.slack.trim() } : null,
    },
    window_minutes: Number(draft.window),
    cooldown_minutes: Number(draft.cooldown),
  };
}

/** A new rule, or the change of one. What is shown masked and is not touched goes back masked, and stays as it is. */
export function RuleForm({ rule, done, cancel }: { rule?: Rule; done: (rule: Rule) => void; cancel?: () => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => (rule ? draftOf(rule) : NEW));
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const save = useMutation({
    mutationFn: () => {
      const body = bodyOf(draft);
      return rule
        ? call("put", "/api/alerts/rules/{rule_id}", { path: { rule_id: rule.id }, body: { ...body, is_active: null } })
        : call("post", "/api/alerts/rules", { body: { ...body, is_active: true } });
    },
    onSuccess: (kept) => {
      if (!rule) setDraft(NEW);
      stale(client, "alerts");
      done(kept);
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const watched = METRICS.find((one) => one.value === draft.metric);
  const anomaly = draft.metric === "spend_anomaly";
  const watch = (metric: Metric): void => set({ metric, ...(metric === "spend_anomaly" ? { operator: "gt", threshold: draft.threshold || USUAL_DEVIATIONS } : {}) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={rule ? `Edit ${rule.name}` : "New rule"}>
      <Stack gap="sm">
        <TextInput label="Name" required autoFocus={Boolean(rule)} maxLength={200} value={draft.name} error={fields["name"]} onChange={(event) => set({ name: event.currentTarget.value })} />
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <NativeSelect
            label="Watch"
            miw={190}
            value={draft.metric}
            error={fields["metric"]}
            onChange={(event) => watch(METRICS.find((one) => one.value === event.currentTarget.value)?.value ?? draft.metric)}
            data={METRICS.map(({ value, label }) => ({ value, label }))}
          />
          <NativeSelect
            label="Fire when it is"
            miw={130}
            value={draft.operator}
            error={fields["operator"]}
            onChange={(event) => set({ operator: OPERATORS.find((one) => one.value === event.currentTarget.value)?.value ?? draft.operator })}
            data={anomaly ? OPERATORS.slice(0, 2) : OPERATORS} // a day that goes on has always cost less so far
          />
          <NumberInput label={`Threshold, ${watched?.unit}`} required miw={190} hideControls value={draft.threshold} error={fields["threshold"]} onChange={(threshold) => set({ threshold })} />
        </Group>
        {watched?.help && (
          <Text size="xs" c="dimmed">
            {watched.help}
          </Text>
        )}
        <ScopeFields scope={draft.scope} name={rule?.scope.name ?? ""} errors={fields} set={(scope) => set({ scope })} />
        {draft.scope.by !== "organization" && (
          <Text size="xs" c="dimmed">
            What such requests cost and how they end is counted from the moment at which a first rule asks for it.
          </Text>
        )}
        <Group align="flex-start" grow preventGrowOverflow={false}>
          {watched?.windowed && (
            <NumberInput
              label="Minutes that it looks back"
              required
              miw={190}
              min={1}
              max={10_080}
              allowDecimal={false}
              hideControls
              value={draft.window}
              error={fields["window_minutes"]}
              onChange={(window) => set({ window })}
            />
          )}
          <NumberInput
            label="Cooldown (minutes)"
            required
            miw={190}
            min={1}
            max={10_080}
            allowDecimal={false}
            hideControls
            value={draft.cooldown}
            error={fields["cooldown_minutes"]}
            onChange={(cooldown) => set({ cooldown })}
          />
        </Group>
        <Checkbox.Group
          label="Notify via"
          value={draft.channels}
          error={fields["channels"]}
          onChange={(chosen) => set({ channels: CHANNELS.map((one) => one.value).filter((one) => chosen.includes(one)) })}
        >
          <Group mt={4}>
            {CHANNELS.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
        {draft.channels.includes("webhook") && (
          <Group align="flex-start" grow preventGrowOverflow={false}>
            <TextInput
              label="Webhook's URL"
              placeholder="https://…"
              inputMode="url"
              autoComplete="off"
              required
              miw={220}
              value={draft.webhook}
              error={fields["channel_config.webhook.url"] ?? fields["channel_config.webhook"]}
              onChange={(event) => set({ webhook: event.currentTarget.value })}
            />
            <PasswordInput
              label="Signing secret (optional)"
              placeholder={rule?.channel_config.webhook ? `stays ${rule.channel_config.webhook.secret}` : "one is made, and shown once"}
              autoComplete="off"
              miw={220}
              value={draft.secret}
              error={fields["channel_config.webhook.secret"]}
              visibilityToggleButtonProps={{ "aria-label": "Show or hide the secret" }}
              onChange={(event) => set({ secret: event.currentTarget.value })}
            />
          </Group>
        )}
        {draft.channels.includes("slack") && (
          <TextInput
            label="Slack's incoming webhook"
            placeholder="https://hooks.slack.com/services/…"
            inputMode="url"
            autoComplete="off"
            required
            value={draft.slack}
            error={fields["channel_config.slack.url"] ?? fields["channel_config.slack"]}
            onChange={(event) => set({ slack: event.currentTarget.value })}
          />
        )}
        <Refused error={save.error} />
        <Group gap="sm">
          <Button type="submit" loading={save.isPending} disabled={draft.channels.length === 0}>
            {rule ? "Save the rule" : "Make the rule"}
          </Button>
          {cancel && (
            <Button variant="subtle" color="gray" onClick={cancel}>
              Leave it as it was
            </Button>
          )}
          {draft.channels.length === 0 && (
            <Text size="sm" c="dimmed" role="status">
              Choose somebody to tell.
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}
