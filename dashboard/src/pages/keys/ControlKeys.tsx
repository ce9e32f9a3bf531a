import { Badge, Button, Checkbox, Code, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { controlKeys, stale } from "../../api/queries";
import { Confirm } from "../../ui/Confirm";
import { ShownOnce } from "../../ui/Copy";
import { ago, moment } from "../../ui/format";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";
import { isOver } from "./KeyFields";

type Scope = Schema["ControlKey"]["scopes"][number];

const SCOPES: { value: Scope; label: string }[] = [
  { value: "read", label: "Read everything" },
  { value: "settings", label: "Change settings and rules" },
  { value: "providers", label: "Connect providers" },
  { value: "keys", label: "Make and revoke Promptly keys" },
  { value: "alerts", label: "Write alert rules" },
];

/** Keys for Terraform, CI and `promptly apply`. Only admins see them. */
export function ControlKeys() {
  const client = useQueryClient();
  const found = useQuery(controlKeys());
  const { open, button, done } = useOpener("New control-plane key");
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Panel title="Control-plane keys" aside={button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          For Terraform, CI and promptly apply: they change Promptly within their scopes, and answer no chat request.
        </Text>
        {open && (
          <NewControlKey
            done={(key) => {
              setSecret(key.api_key);
              done();
            }}
          />
        )}
        {secret && <ShownOnce secret={secret} name="control-plane key" done={() => setSecret(null)} />}
        <Show of={found} height={100}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Nothing title="No control-plane keys" />
            ) : (
              <Wide label="Control-plane keys, table" width={640}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Key</Table.Th>
                      <Table.Th>Scopes</Table.Th>
                      <Table.Th>Expires</Table.Th>
                      <Table.Th>Last used</Table.Th>
                      <Table.Th aria-label="Actions" />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {keys.map((key) => (
                      <Table.Tr key={key.id}>
                        <Table.Td className="name">{key.name}</Table.Td>
                        <Table.Td>
                          <Code>…{key.last_four}</Code>
                        </Table.Td>
                        <Table.Td>
                          <Group gap={4} wrap="nowrap">
                            {key.scopes.map((scope) => (
                              <Badge key={scope} size="sm" variant="light" miw="max-content">
                                {scope}
                              </Badge>
                            ))}
                          </Group>
                        </Table.Td>
                        <Table.Td>{key.expires_at ? moment(key.expires_at) : "never"}</Table.Td>
                        <Table.Td>{key.last_used_at ? ago(key.last_used_at) : "never"}</Table.Td>
                        <Table.Td ta="right">
                          <Confirm
                            verb="Revoke"
                            what={`${key.name} …${key.last_four}`}
                            warning="The key stops working within a second, and cannot be brought back."
                            run={async () => {
                              await call("delete", "/api/keys/control/{key_id}", { path: { key_id: key.id } });
                              stale(client, "keys", "control");
                            }}
                          />
                        </Table.Td>
                      </Table.Tr>
                    ))}
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

function NewControlKey({ done }: { done: (key: Schema["NewControlKey"]) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [expires, setExpires] = useState("");
  const [late, setLate] = useState(false);
  const make = useMutation({
    mutationFn: () =>
      call("post", "/api/keys/control", {
        body: {
          name: name.trim(),
          scopes: SCOPES.map(({ value }) => value).filter((scope) => scopes.includes(scope)),
          expires_at: expires ? new Date(expires).toISOString() : null,
        },
      }),
    onSuccess: (key) => {
      setName("");
      setExpires("");
      stale(client, "keys", "control");
      done(key);
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setLate(isOver(expires));
    if (!isOver(expires)) make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="New control-plane key">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" required maxLength={200} miw={180} value={name} error={fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput
            label="Expires (optional)"
            type="datetime-local"
            miw={190}
            value={expires}
            error={late ? "This moment is over: choose one to come." : fields["expires_at"]}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
        </Group>
        <Checkbox.Group label="Scopes" value={scopes} error={fields["scopes"]} onChange={setScopes}>
          <Group mt={4}>
            {SCOPES.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} disabled={scopes.length === 0} style={{ alignSelf: "flex-start" }}>
          Make the control-plane key
        </Button>
      </Stack>
    </form>
  );
}
