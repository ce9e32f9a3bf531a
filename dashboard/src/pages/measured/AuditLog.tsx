import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { auditLog, controlKeys, members, platformKeys } from "../../api/queries";
import { useMay } from "../../app/who";
import { moment } from "../../ui/format";
import { Nothing, Panel, Show, Wide } from "../../ui/states";
import { fieldName, fieldValue } from "./fields";

type Entry = Schema["AuditLog"]["entries"][number];

const ACTIONS: Record<Entry["action"], string> = {
  settings_changed: "changed settings",
  lever_switched_off: "switched a lever off",
  control_key_created: "made a control-plane key",
  control_key_revoked: "revoked a control-plane key",
  control_key_used: "used a control-plane key",
  issuer_added: "trusted an issuer",
  issuer_removed: "removed a trusted issuer",
  key_created: "made a Promptly key",
  key_changed: "changed a Promptly key",
  key_regenerated: "rotated a Promptly key",
  key_revoked: "revoked a Promptly key",
  member_joined: "joined",
  member_role_changed: "changed a role, or got another by their groups",
  member_signed_in: "signed in through the identity provider",
  member_suspended: "was suspended, or no longer, by their groups",
  aliases_changed: "changed names for models",
  team_created: "made a team",
  team_changed: "renamed a team",
  team_deleted: "deleted a team",
  team_member_added: "put somebody into a team",
  team_member_removed: "took somebody out of a team",
  budget_created: "made a budget",
  budget_changed: "changed a budget",
  budget_deleted: "deleted a budget",
  capture_read: "read a captured request",
  captures_erased: "erased captured requests",
  captures_replayed: "tried settings on captured requests",
  organization_renamed: "renamed the organization",
  member_invited: "invited somebody",
  invitation_revoked: "took an invitation back",
  member_removed: "removed a member",
  provider_key_added: "connected a provider",
  provider_key_changed: "changed a provider key",
  provider_key_removed: "disconnected a provider",
  routing_changed: "changed the routing mode or tiers",
  rule_added: "added a routing rule",
  rule_changed: "changed a routing rule",
  rule_removed: "removed a routing rule",
  rules_ordered: "ordered the routing rules",
  cache_cleared: "cleared the cache",
  cached_answer_removed: "took a cached answer back",
  alert_rule_added: "added an alert rule",
  alert_rule_changed: "changed an alert rule",
  alert_rule_removed: "removed an alert rule",
  webhook_added: "added a webhook",
  webhook_verified: "verified a webhook",
  webhook_removed: "removed a webhook",
};

/** Who changed what, the latest first. */
export function AuditLog() {
  const found = useQuery(auditLog());
  const people = useQuery(members()).data?.members ?? [];
  const keys = useQuery(platformKeys()).data?.keys ?? [];
  const control = useQuery({ ...controlKeys(), enabled: useMay("manage_control_keys") }).data?.keys ?? [];
  const who = (id: string): string => {
    if (id === "guard") return "the guard";
    return people.find((one) => one.id === id)?.email ?? control.find((one) => one.id === id)?.name ?? id;
  };
  const nameOf = (value: unknown): string => {
    const key = keys.find((one) => one.id === value);
    return key ? `${key.name} …${key.last_four}` : fieldValue(value);
  };
  return (
    <Panel title="Who changed what">
      <Show of={found} height={160}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Nothing title="Nothing was changed yet" />
          ) : (
            <Wide label="Who changed what, table" width={720}>
              <Table verticalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Time</Table.Th>
                    <Table.Th>Who</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th>Before → after</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="figures">
                  {entries.map((entry) => (
                    <Table.Tr key={entry.id}>
                      <Table.Td>{moment(entry.time)}</Table.Td>
                      <Table.Td className="name">{who(entry.actor)}</Table.Td>
                      <Table.Td>{ACTIONS[entry.action]}</Table.Td>
                      <Table.Td style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>
                        {changes(entry).map(([name, before, after]) => (
                          <Text key={name} size="sm">
                            {fieldName(name)}: {before === after ? nameOf(after) : before === undefined ? fieldValue(after) : `${fieldValue(before)} → ${fieldValue(after)}`}
                          </Text>
                        ))}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }
      </Show>
    </Panel>
  );
}

function changes({ before, after }: Entry): [string, unknown, unknown][] {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].map((name) => [name, old[name], now[name]]);
}
