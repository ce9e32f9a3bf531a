import { Badge, Code, Collapse, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type Schema } from "../api/client";
import { breakdown, platformKeys, shownKey, stale } from "../api/queries";
import { useMay, useWho } from "../app/who";
import { Confirm } from "../ui/Confirm";
import { ShownOnce } from "../ui/Copy";
import { ago, count, moment, moneyColumn, percent } from "../ui/format";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { useOpener } from "../ui/useOpener";
import { ControlKeys } from "./keys/ControlKeys";
import { EditKey } from "./keys/EditKey";
import { NewKey } from "./keys/NewKey";
import { Theirs } from "./keys/Theirs";

const MOST_KEYS = 500;

export default function Keys() {
  const control = useMay("manage_control_keys");
  return (
    <>
      <PageTitle title="Keys" />
      <Stack>
        <Ours />
        <Theirs />
        {control && <ControlKeys />}
      </Stack>
    </>
  );
}

function Ours() {
  const found = useQuery(platformKeys());
  const may = useMay("use_keys");
  const { open, button, done } = useOpener("New key");
  const [secret, setSecret] = useState<string | null>(null);
  const client = useQueryClient();
  const renewed = (key: Schema["NewKey"]): void => {
    setSecret(key.api_key);
    if (key.scopes.includes("chat")) client.setQueryData(shownKey().queryKey, key.api_key);
  };
  const made = (key: Schema["NewKey"]): void => {
    renewed(key);
    done();
  };
  return (
    <Panel title="Promptly keys" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Your applications send one of these instead of the provider's key.
        </Text>
        <Collapse expanded={open}>
          <NewKey done={made} />
        </Collapse>
        {secret && <ShownOnce secret={secret} done={() => setSecret(null)} />}
        <Show of={found} height={140}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Nothing title="No keys yet">{may ? "Make one for each application, so that each can be told apart and stopped." : "An admin or a member makes them."}</Nothing>
            ) : (
              <PlatformKeys keys={keys} renewed={renewed} />
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}

/** What each key has spent in the calendar month of its budget, in dollars; empty until that is known, and where it cannot be told. */
function useSpent(): Map<string, number> {
  const [{ from, to }] = useState(() => {
    const now = new Date();
    return { from: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString(), to: now.toISOString() };
  });
  const { data } = useQuery(breakdown({ by: "key", from, to, interval: "month", time_zone: "UTC", previous: false, limit: MOST_KEYS }));
  const { data: listed } = useQuery(platformKeys());
  const rows = new Map(data?.rows.map((row) => [row.values[0] ?? "", row.use.cost_usd]));
  // A key without a request has no row; where there are more rows than asked for, it may only be one that spent little.
  if (data && data.rows.length < MOST_KEYS) for (const key of listed?.keys ?? []) if (!rows.has(key.id)) rows.set(key.id, 0);
  return rows;
}

function PlatformKeys({ keys, renewed }: { keys: Schema["Key"][]; renewed: (key: Schema["NewKey"]) => void }) {
  const client = useQueryClient();
  const may = useMay("use_keys");
  const { user } = useWho();
  const spent = useSpent();
  const written = moneyColumn([...spent.values(), ...keys.map((key) => key.monthly_budget_usd)]);
  return (
    <Wide label="Promptly keys, table" width={820}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>Limits</Table.Th>
            <Table.Th ta="right">This month (UTC)</Table.Th>
            <Table.Th>Last used</Table.Th>
            {may && <Table.Th aria-label="Actions" />}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => {
            const name = `${key.name} …${key.last_four}`;
            const own = may && (user.role === "admin" || key.created_by === user.id);
            return (
              <Table.Tr key={key.id}>
                <Table.Td className="name">
                  <Text size="sm">
                    {key.name}
                    {key.team && (
                      <Text span size="xs" c="dimmed">
                        {" "}
                        · {key.team}
                      </Text>
                    )}
                  </Text>
                  <Code>
                    {key.prefix}…{key.last_four}
                  </Code>
                </Table.Td>
                <Table.Td>
                  <Stack gap={2} align="flex-start">
                    {key.scopes.map((scope) => (
                      <Badge key={scope} size="sm" variant="light" miw="max-content">
                        {scope}
                      </Badge>
                    ))}
                  </Stack>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{count(key.rpm)} a minute</Text>
                  {key.expires_at && <Text size="xs" c="dimmed">{new Date(key.expires_at) > new Date() ? "until" : "expired"} {moment(key.expires_at)}</Text>}
                </Table.Td>
                <Table.Td ta="right" className="figures">
                  <Text size="sm">{written(spent.get(key.id))}</Text>
                  {key.monthly_budget_usd !== null && (
                    <Text size="xs" c="dimmed">
                      of {written(key.monthly_budget_usd)}
                      {key.monthly_budget_usd > 0 && spent.has(key.id) && `, ${percent((spent.get(key.id) ?? 0) / key.monthly_budget_usd)}`}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{key.last_used_at ? ago(key.last_used_at) : "never"}</Table.Td>
                {may && (
                  <Table.Td>
                    {own && (
                      <Group gap={4} wrap="nowrap" justify="flex-end">
                        <EditKey stored={key} name={name} />
                        <Confirm
                          verb="Rotate"
                          what={name}
                          warning="You get a new key, and the old one stops working within a second. Whatever uses it has to be told."
                          run={async () => {
                            renewed(await call("post", "/api/keys/platform/regenerate", { body: { id: key.id } }));
                            stale(client, "keys", "platform");
                          }}
                        />
                        <Confirm
                          verb="Revoke"
                          what={name}
                          warning="The key stops working within a second, and cannot be brought back."
                          run={async () => {
                            await call("delete", "/api/keys/platform/{key_id}", { path: { key_id: key.id } });
                            if (client.getQueryData(shownKey().queryKey)?.endsWith(key.last_four)) client.removeQueries(shownKey());
                            stale(client, "keys", "platform");
                          }}
                        />
                      </Group>
                    )}
                  </Table.Td>
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}
