import { ActionIcon, Badge, Box, Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { call } from "../../api/client";
import { routingRules, settle, stale } from "../../api/queries";
import { useMay } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { Icon } from "../../ui/Icon";
import { type Rule, ruleSentence } from "../../ui/routing";
import { Nothing, Panel, Refused, Show, WRAPPING } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";
import { moved, useDrag } from "./order";
import { RuleForm } from "./RuleForm";

export function Rules() {
  const found = useQuery(routingRules());
  const may = useMay("manage_settings");
  const { open, button, done } = useOpener("New rule");
  return (
    <Panel title="Rules" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          They are tried from top to bottom, in every mode, and the first that fits and can be obeyed decides.
        </Text>
        <Show of={found} height={160}>
          {({ rules }) => (
            <>
              <Collapse expanded={open}>
                <RuleForm last={rules.at(-1)?.priority ?? 0} done={done} />
              </Collapse>
              {rules.length === 0 ? (
                <Nothing title="No rules yet">{may ? "Make one where you know better than any judge: “invoices go to gpt-4o”." : "An admin of your organization makes them."}</Nothing>
              ) : (
                <Ordered rules={rules} />
              )}
            </>
          )}
        </Show>
      </Stack>
    </Panel>
  );
}

function Ordered({ rules }: { rules: Rule[] }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const focused = useRef<string[]>([]);
  const stepped = useRef<string[]>([]);
  const order = useMutation({
    scope: { id: "rules" }, // one after the other: the last order is the one that stays
    mutationFn: (ids: string[]) => call("put", "/api/routing/rules/order", { body: { rule_ids: ids } }),
    onSuccess: (now) => settle(client, routingRules().queryKey, now),
    onError: () => {
      focused.current = [...stepped.current];
      stale(client, "routing", "rules");
    },
  });
  const shown = order.isPending ? order.variables.flatMap((id) => rules.find((rule) => rule.id === id) ?? []) : rules;
  const put = (from: number, to: number): void => {
    const next = moved(shown, from, to);
    setSaid(`${next[to]?.name} is now number ${to + 1} of ${next.length}.`);
    order.mutate(next.map((rule) => rule.id));
  };
  const step = (at: number, by: 1 | -1): void => {
    const id = shown[at]?.id;
    stepped.current = by < 0 ? [`up ${id}`, `down ${id}`] : [`down ${id}`, `up ${id}`];
    focused.current = [...stepped.current];
    put(at, at + by);
  };
  const { dragging, row, grip } = useDrag(
    shown.map((rule) => rule.id),
    (from, to) => {
      stepped.current = [];
      put(from, to);
    },
  );
  const key = shown.map((rule) => rule.id).join();
  // A row that moved has lost the focus with its place, and at an end its button rests.
  useLayoutEffect(() => {
    for (const name of focused.current.splice(0)) {
      const button = list.current?.querySelector<HTMLButtonElement>(`[data-move="${name}"]`);
      if (button && !button.disabled) return button.focus();
    }
  }, [key]);
  const held = dragging && shown.findIndex((rule) => rule.id === dragging.id);
  const catching = shown.findIndex((rule) => rule.condition_type === "always");
  return (
    <>
      <Refused error={order.error} />
      <Box component="ol" ref={list} className="rules" aria-label="Rules, in the order in which they are tried">
        {shown.map((rule, at) => (
          <Box
            component="li"
            key={rule.id}
            ref={row(rule.id)}
            className="rule"
            data-held={held === at || undefined}
            data-before={(dragging && held !== null && at === dragging.to && at < held) || undefined}
            data-behind={(dragging && held !== null && at === dragging.to && at > held) || undefined}
            style={held === at && dragging ? { transform: `translateY(${dragging.by}px)` } : undefined}
          >
            <Row
              rule={rule}
              at={at}
              behind={catching >= 0 && at > catching ? shown[catching]?.name : undefined}
              last={at === shown.length - 1}
              grip={may && shown.length > 1 ? grip(rule.id) : undefined}
              step={(by) => step(at, by)}
            />
          </Box>
        ))}
      </Box>
      {may && (
        <Text size="sm" c="dimmed" role="status" mih={22}>
          {order.isPending ? "Saving the order …" : order.isSuccess ? said : ""}
        </Text>
      )}
    </>
  );
}

function Row({
  rule,
  at,
  behind,
  last,
  grip,
  step,
}: {
  rule: Rule;
  at: number;
  behind?: string;
  last: boolean;
  grip?: ReturnType<ReturnType<typeof useDrag>["grip"]>;
  step: (by: 1 | -1) => void;
}) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const [editing, { toggle, close }] = useDisclosure();
  const opener = useRef<HTMLButtonElement>(null);
  const saved = (): void => {
    close();
    opener.current?.focus();
  };
  return (
    <>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        {grip && (
          <span className="grip" title="Drag to another place" {...grip}>
            <Icon name="grip" size={20} />
          </span>
        )}
        <Text size="sm" c="dimmed" className="figures" w={20} ta="right">
          {at + 1}
        </Text>
        <Group gap="xs" justify="space-between" flex={1} miw={0}>
          <Box miw={0} flex="1 1 240px">
            <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
              {rule.name}
            </Text>
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {ruleSentence(rule)}
            </Text>
            {behind !== undefined && (
              <Badge size="sm" variant="light" color="orange" {...WRAPPING}>
                only where “{behind}” cannot be obeyed
              </Badge>
            )}
          </Box>
          {may && (
            <Group gap={4} wrap="nowrap">
              {grip && (
                <>
                  <ActionIcon variant="subtle" color="gray" data-move={`up ${rule.id}`} aria-label={`Move ${rule.name} up`} disabled={at === 0} onClick={() => step(-1)}>
                    <Icon name="up" size={16} />
                  </ActionIcon>
                  <ActionIcon variant="subtle" color="gray" data-move={`down ${rule.id}`} aria-label={`Move ${rule.name} down`} disabled={last} onClick={() => step(1)}>
                    <Icon name="down" size={16} />
                  </ActionIcon>
                </>
              )}
              <Button ref={opener} size="xs" px="xs" variant="subtle" aria-label={`${editing ? "Close" : "Edit"} ${rule.name}`} aria-expanded={editing} onClick={toggle}>
                {editing ? "Close" : "Edit"}
              </Button>
              <Confirm
                verb="Delete"
                what={rule.name}
                warning="From then on requests are decided without it. It cannot be brought back."
                run={async () => {
                  await call("delete", "/api/routing/rules/{rule_id}", { path: { rule_id: rule.id } });
                  stale(client, "routing", "rules");
                }}
              />
            </Group>
          )}
        </Group>
      </Group>
      {editing && (
        <Box mt="sm" pl={grip ? 56 : 28}>
          <RuleForm rule={rule} last={rule.priority} done={saved} />
        </Box>
      )}
    </>
  );
}
