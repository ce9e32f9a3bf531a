import { Alert, Badge, Button, Card, Group, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/client";
import { stale } from "../../api/queries";
import { useMay } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { ago, moment } from "../../ui/format";
import { RuleForm } from "./RuleForm";
import { Told } from "./Told";
import { type Channel, minutes, type Rule, sentence } from "./words";

const UNCHANGED = {
  name: null,
  metric: null,
  operator: null,
  threshold: null,
  channels: null,
  channel_config: null,
  window_minutes: null,
  cooldown_minutes: null,
  scope: null,
};

function where(rule: Rule, channel: Channel): string {
  if (channel === "email") return "e-mail to the admins";
  const name = channel === "slack" ? "Slack" : "webhook";
  const url = rule.channel_config[channel]?.url;
  return url ? `${name} (${url})` : name;
}

export function RuleCard({ rule, now, kept }: { rule: Rule; now: number; kept: (rule: Rule) => void }) {
  const client = useQueryClient();
  const may = useMay("write_alerts");
  const [editing, { open, close }] = useDisclosure();
  const [edited, setEdited] = useState(false);
  const path = { rule_id: rule.id };
  const toggle = useMutation({
    mutationFn: (on: boolean) => call("put", "/api/alerts/rules/{rule_id}", { path, body: { ...UNCHANGED, is_active: on } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["alerts", "rules"] }),
  });
  const test = useMutation({ mutationFn: () => call("post", "/api/alerts/rules/{rule_id}/test", { path }) });
  const error = toggle.error ?? test.error;
  if (editing) {
    const leave = (): void => {
      close();
      setEdited(true);
    };
    const saved = (changed: Rule): void => {
      leave();
      kept(changed);
    };
    return (
      <Card withBorder padding="sm" component="article" aria-label={rule.name}>
        <RuleForm rule={rule} done={saved} cancel={leave} />
      </Card>
    );
  }
  return (
    <Card withBorder padding="sm" component="article" aria-label={rule.name}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} style={{ flex: "1 1 280px", minWidth: 0 }}>
          <Group gap="xs">
            <Text fw={600} style={{ overflowWrap: "anywhere" }}>
              {rule.name}
            </Text>
            <State rule={rule} now={now} />
          </Group>
          <Text size="sm">{sentence(rule)}</Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            Tells by {rule.channels.map((channel) => where(rule, channel)).join(", ")}; then quiet for {minutes(rule.cooldown_minutes)}.
          </Text>
        </Stack>
        {may && (
          <Group gap={4}>
            <Switch
              size="sm"
              label="Active"
              aria-label={`Active: ${rule.name}`}
              mr={4}
              disabled={toggle.isPending}
              checked={toggle.isPending ? toggle.variables : rule.is_active}
              onChange={(event) => toggle.mutate(event.currentTarget.checked)}
            />
            <Button size="xs" px="xs" variant="default" loading={test.isPending} aria-label={`Test ${rule.name}`} onClick={() => test.mutate()}>
              Test
            </Button>
            <Button size="xs" px="xs" variant="subtle" autoFocus={edited} aria-label={`Edit ${rule.name}`} onClick={open}>
              Edit
            </Button>
            <Confirm
              verb="Delete"
              what={rule.name}
              warning="Nobody is told by this rule any more. What it recorded stays in the history."
              run={async () => {
                await call("delete", "/api/alerts/rules/{rule_id}", { path });
                stale(client, "alerts");
              }}
            />
          </Group>
        )}
      </Group>
      {error && (
        <Alert color="red" role="alert" mt="sm">
          {error.message}
        </Alert>
      )}
      <div role="status">
        {test.data && (
          <Stack gap={4} mt="sm">
            <Text size="sm">What became of the test:</Text>
            <Told notifications={test.data.notifications} />
          </Stack>
        )}
      </div>
    </Card>
  );
}

function State({ rule, now }: { rule: Rule; now: number }) {
  if (!rule.is_active) {
    return (
      <Badge variant="light" color="gray">
        Off
      </Badge>
    );
  }
  return rule.firing_since ? (
    <Badge variant="light" color="red" title={moment(rule.firing_since)}>
      Firing · began {ago(rule.firing_since, now)}
    </Badge>
  ) : (
    <Badge variant="light" color="teal">
      OK
    </Badge>
  );
}
