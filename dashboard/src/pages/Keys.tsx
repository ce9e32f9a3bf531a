import { Alert, Badge, Button, Checkbox, Code, Collapse, Group, NumberInput, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { platformKeys, providerKeys, stale } from "../api/queries";
import { useMay, useWho } from "../app/who";
import { Confirm } from "../ui/Confirm";
import { ConnectProvider, providerName } from "../ui/ConnectProvider";
import { ShownOnce } from "../ui/Copy";
import { ago, count, moment, money } from "../ui/format";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { TestKey } from "../ui/TestKey";

export default function Keys() {
  return (
    <>
      <PageTitle title="Keys" />
      <Stack>
        <Ours />
        <Theirs />
      </Stack>
    </>
  );
}

function Ours() {
  const found = useQuery(platformKeys());
  const may = useMay("keys");
  const [open, { toggle, close }] = useDisclosure();
  const [secret, setSecret] = useState<string | null>(null);
  const made = (key: Schema["NewKey"]): void => {
    setSecret(key.api_key);
    close();
  };
  return (
    <Panel
      title="Promptly keys"
      aside={
        may && (
          <Button size="xs" variant={open ? "default" : "filled"} aria-expanded={open} onClick={toggle}>
            {open ? "Close" : "New key"}
          </Button>
        )
      }
    >
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
              <PlatformKeys keys={keys} renewed={made} />
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}

function PlatformKeys({ keys, renewed }: { keys: Schema["Key"][]; renewed: (key: Schema["NewKey"]) => void }) {
  const client = useQueryClient();
  const may = useMay("keys");
  const { user } = useWho();
  return (
    <Wide label="Promptly keys, table" width={720}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Key</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>Limits</Table.Th>
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
                <Table.Td>{key.name}</Table.Td>
                <Table.Td>
                  <Code>
                    {key.prefix}…{key.last_four}
                  </Code>
                </Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    {key.scopes.map((scope) => (
                      <Badge key={scope} size="sm" variant="light" tt="none" miw="max-content">
                        {scope}
                      </Badge>
                    ))}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{count(key.rpm)} a minute</Text>
                  {key.monthly_budget_usd !== null && <Text size="xs" c="dimmed">{money(key.monthly_budget_usd)} a month</Text>}
                  {key.expires_at && <Text size="xs" c="dimmed">until {moment(key.expires_at)}</Text>}
                </Table.Td>
                <Table.Td>{key.last_used_at ? ago(key.last_used_at) : "never"}</Table.Td>
                {may && (
                  <Table.Td>
                    {own && (
                      <Group gap={4} wrap="nowrap" justify="flex-end">
                        <Confirm
                          verb="Replace"
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

function NewKey({ done }: { done: (key: Schema["NewKey"]) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["chat", "optimize"]);
  const [rpm, setRpm] = useState<number | string>(500);
  const [budget, setBudget] = useState<number | string>("");
  const make = useMutation({
    mutationFn: () =>
      call("post", "/api/keys/platform", {
        body: {
          name: name.trim(),
          scopes: (["chat", "optimize"] as const).filter((scope) => scopes.includes(scope)),
          rpm: Number(rpm),
          expires_at: null,
          monthly_budget_usd: budget === "" ? null : Number(budget),
        },
      }),
    onSuccess: (key) => {
      setName("");
      stale(client, "keys", "platform");
      done(key);
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="New key">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" required maxLength={200} miw={180} value={name} error={fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
          <NumberInput label="Requests a minute" required min={1} max={1_000_000} allowDecimal={false} miw={140} hideControls value={rpm} error={fields["rpm"]} onChange={setRpm} />
          <NumberInput label="Dollars a month (optional)" min={0} decimalScale={2} miw={140} hideControls value={budget} error={fields["monthly_budget_usd"]} onChange={setBudget} />
        </Group>
        <Checkbox.Group label="May be used for" value={scopes} onChange={setScopes}>
          <Group mt={4}>
            <Checkbox value="chat" label="Chat" />
            <Checkbox value="optimize" label="The optimize API" />
          </Group>
        </Checkbox.Group>
        {make.error && (
          <Alert color="red" role="alert">
            {make.error.message}
          </Alert>
        )}
        <Button type="submit" loading={make.isPending} disabled={scopes.length === 0} style={{ alignSelf: "flex-start" }}>
          Make the key
        </Button>
      </Stack>
    </form>
  );
}

function Theirs() {
  const client = useQueryClient();
  const found = useQuery(providerKeys());
  const may = useMay("providers");
  const [open, { toggle, close }] = useDisclosure();
  return (
    <Panel
      title="Providers' keys"
      aside={
        may && (
          <Button size="xs" variant={open ? "default" : "filled"} aria-expanded={open} onClick={toggle}>
            {open ? "Close" : "Connect a provider"}
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Requests go out with these. They are sealed before they are stored; only their endings can be shown.
        </Text>
        <Collapse expanded={open}>
          <ConnectProvider done={close} />
        </Collapse>
        <Show of={found} height={120}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Nothing title="No provider is connected">{may ? "Connect one: without it, no request can be answered." : "An admin of your organisation connects them."}</Nothing>
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
                      const name = `${providerName(key.provider)} ${key.api_key}`;
                      return (
                        <Table.Tr key={key.id}>
                          <Table.Td>
                            <Text size="sm">
                              {providerName(key.provider)} {key.label && `· ${key.label}`}
                            </Text>
                            {key.base_url && <Text size="xs" c="dimmed">{key.base_url}</Text>}
                          </Table.Td>
                          <Table.Td>
                            <Code>{key.api_key}</Code>
                          </Table.Td>
                          <Table.Td>{ago(key.created_at)}</Table.Td>
                          {may && (
                            <Table.Td>
                              <Group gap={4} justify="flex-end">
                                <TestKey id={key.id} name={name} />
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
