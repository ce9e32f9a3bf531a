import { Code, Collapse, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/client";
import { providerKeys, stale } from "../../api/queries";
import { useMay } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { ConnectProvider, useProviders } from "../../ui/ConnectProvider";
import { ago } from "../../ui/format";
import { Nothing, Panel, Show, Wide } from "../../ui/states";
import { TestKey } from "../../ui/TestKey";
import { useOpener } from "../../ui/useOpener";
import { EditProvider } from "./EditProvider";

export function Theirs() {
  const client = useQueryClient();
  const found = useQuery(providerKeys());
  const may = useMay("manage_providers");
  const { nameOf } = useProviders();
  const { open, button, done } = useOpener("Connect a provider");
  return (
    <Panel title="Providers' keys" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Requests go out with these. They are sealed before they are stored; only their endings can be shown.
        </Text>
        <Collapse expanded={open}>
          <ConnectProvider done={done} />
        </Collapse>
        <Show of={found} height={120}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Nothing title="No provider is connected">{may ? "Connect one: without it, no request can be answered." : "An admin of your organization connects them."}</Nothing>
            ) : (
              <Wide label="Providers' keys, table" width={640}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Provider</Table.Th>
                      <Table.Th>Key</Table.Th>
                      <Table.Th>Connected</Table.Th>
                      {may && <Table.Th aria-label="Actions" />}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {keys.map((key) => {
                      const name = `${nameOf(key.provider)} ${key.api_key}`;
                      return (
                        <Table.Tr key={key.id}>
                          <Table.Td className="name">
                            <Text size="sm">
                              {nameOf(key.provider)} {key.label && `· ${key.label}`}
                            </Text>
                            {key.base_url && <Text size="xs" c="dimmed">{key.base_url}</Text>}
                          </Table.Td>
                          <Table.Td>
                            <Code>{key.api_key}</Code>
                          </Table.Td>
                          <Table.Td>{ago(key.created_at)}</Table.Td>
                          {may && (
                            <Table.Td>
                              <Group gap={4} wrap="nowrap" justify="flex-end">
                                <TestKey id={key.id} name={name} />
                                <EditProvider stored={key} name={name} />
                                <Confirm
                                  verb="Remove"
                                  what={name}
                                  warning="Requests no longer go out with this key. It is deleted here, not at the provider."
                                  run={async () => {
                                    await call("delete", "/api/keys/providers/{key_id}", { path: { key_id: key.id } });
                                    stale(client, "keys", "providers");
                                  }}
                                />
                              </Group>
                            </Table.Td>
                          )}
                        </Table.Tr>
                      );
                    })}
                  </Table.Tbody>
                </Table>
              </Wide>
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}
