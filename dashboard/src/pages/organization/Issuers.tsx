import { Button, Code, Group, NativeSelect, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call } from "../../api/client";
import { issuers, platformKeys, stale } from "../../api/queries";
import { Confirm } from "../../ui/Confirm";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";

/** Issuers whose tokens callers may send in the place of a Promptly key. Only admins see them. */
export function Issuers() {
  const client = useQueryClient();
  const found = useQuery(issuers());
  const keys = useQuery(platformKeys()).data?.keys ?? [];
  const { open, button, done } = useOpener("Trust an issuer");
  const keyName = (id: string): string => {
    const key = keys.find((one) => one.id === id);
    return key ? `${key.name} …${key.last_four}` : "a key that is revoked: no token is accepted";
  };
  return (
    <Panel title="Trusted issuers" aside={button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Callers of /v1 may send a JSON web token of such an issuer in the place of a Promptly key. Its tokens have the limits of one key, and requests are recorded under the user whom a token names.
        </Text>
        {open && <NewIssuer done={done} />}
        <Show of={found} height={100}>
          {({ issuers: all }) =>
            all.length === 0 ? (
              <Nothing title="No trusted issuers" />
            ) : (
              <Wide label="Trusted issuers, table" width={760}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Issuer</Table.Th>
                      <Table.Th>Audience</Table.Th>
                      <Table.Th>Limits of</Table.Th>
                      <Table.Th>Claims</Table.Th>
                      <Table.Th aria-label="Actions" />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((one) => (
                      <Table.Tr key={one.id}>
                        <Table.Td className="name">{one.issuer}</Table.Td>
                        <Table.Td>
                          <Code>{one.audience}</Code>
                        </Table.Td>
                        <Table.Td>{keyName(one.key_id)}</Table.Td>
                        <Table.Td style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>
                          <Text size="sm">user: {one.user_claim}</Text>
                          {one.tag_claim && <Text size="sm">tag: {one.tag_claim}</Text>}
                          {Object.entries(one.required_claims).map(([name, value]) => (
                            <Text key={name} size="sm">
                              {name} = {value}
                            </Text>
                          ))}
                        </Table.Td>
                        <Table.Td ta="right">
                          <Confirm
                            verb="Remove"
                            what={`${one.issuer} for ${one.audience}`}
                            warning="Its tokens stop working within a second."
                            run={async () => {
                              await call("delete", "/api/issuers/{issuer_id}", { path: { issuer_id: one.id } });
                              stale(client, "issuers");
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

const EMPTY = { issuer: "", audience: "", key_id: "", user_claim: "sub", tag_claim: "", required: "" };

function NewIssuer({ done }: { done: () => void }) {
  const client = useQueryClient();
  const keys = useQuery(platformKeys()).data?.keys ?? [];
  const [values, setValues] = useState(EMPTY);
  const keyId = values.key_id || keys[0]?.id || "";
  const required = pairs(values.required);
  const make = useMutation({
    mutationFn: () =>
      call("post", "/api/issuers", {
        body: {
          issuer: values.issuer.trim(),
          audience: values.audience.trim(),
          key_id: keyId,
          user_claim: values.user_claim.trim(),
          tag_claim: values.tag_claim.trim() || null,
          required_claims: required ?? {},
        },
      }),
    onSuccess: () => {
      stale(client, "issuers");
      done();
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const set = (change: Partial<typeof EMPTY>): void => setValues((before) => ({ ...before, ...change }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (required) make.mutate();
  };
  if (keys.length === 0) return <Nothing title="Make a Promptly key first">A token has the limits of one of your keys.</Nothing>;
  return (
    <form onSubmit={submit} aria-label="Trust an issuer">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Issuer" description="As its tokens name it (iss)" placeholder="https://login.example.com/realms/main" required maxLength={1000} miw={280} value={values.issuer} error={fields["issuer"]} onChange={(event) => set({ issuer: event.currentTarget.value })} />
          <TextInput label="Audience" description="What its tokens are for (aud)" placeholder="promptly" required maxLength={200} miw={180} value={values.audience} error={fields["audience"]} onChange={(event) => set({ audience: event.currentTarget.value })} />
        </Group>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <NativeSelect
            label="Limits of the key"
            description="Scopes, requests a minute, budget"
            miw={180}
            data={keys.map((one) => ({ value: one.id, label: `${one.name} …${one.last_four}` }))}
            value={keyId}
            error={fields["key_id"]}
            onChange={(event) => set({ key_id: event.currentTarget.value })}
          />
          <TextInput label="Claim of the user" description="Whom requests are recorded under" required maxLength={200} miw={180} value={values.user_claim} error={fields["user_claim"]} onChange={(event) => set({ user_claim: event.currentTarget.value })} />
          <TextInput label="Claim of a tag (optional)" description="Such as department" maxLength={64} miw={180} value={values.tag_claim} error={fields["tag_claim"]} onChange={(event) => set({ tag_claim: event.currentTarget.value })} />
        </Group>
        <TextInput
          label="Required claims (optional)"
          description="claim=value, with commas between them; needed where everybody can get a token of the issuer"
          placeholder="repository_owner=acme"
          value={values.required}
          error={required ? fields["required_claims"] : "Write each as claim=value, with commas between them."}
          onChange={(event) => set({ required: event.currentTarget.value })}
        />
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} style={{ alignSelf: "flex-start" }}>
          Trust the issuer
        </Button>
      </Stack>
    </form>
  );
}

/** The claims that were written, or null where one is no pair. */
function pairs(text: string): Record<string, string> | null {
  const parts = text.split(",").map((one) => one.trim()).filter(Boolean);
  const found = parts.map((one) => [one.slice(0, one.indexOf("=")).trim(), one.slice(one.indexOf("=") + 1).trim()] as const);
  return parts.every((one) => one.indexOf("=") > 0 && !one.endsWith("=")) ? Object.fromEntries(found) : null;
}
