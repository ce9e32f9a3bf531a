import { Badge, Button, Code, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale, webhooks } from "../../api/queries";
import { useMay } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { ShownOnce } from "../../ui/Copy";
import { count, moment } from "../../ui/format";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";

type Webhook = Schema["Webhook"];

/** Whom requests that wait for a batch can name, to be told when their answer is there. */
export function Webhooks() {
  const found = useQuery(webhooks());
  const may = useMay("manage_settings");
  const { open, button, done } = useOpener("New webhook");
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Panel title="Webhooks for answers that waited" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A request that waits for a batch names one of these in <Code>x-promptly-webhook</Code>, and it is called when the answer is there. Nothing of the request or the answer is in the call.
        </Text>
        {open && (
          <NewWebhook
            done={(added) => {
              done();
              setSecret(added.secret);
            }}
          />
        )}
        {secret && (
          <ShownOnce secret={secret} name="signing secret" done={() => setSecret(null)}>
            Give it to the receiver, then verify the webhook. Each call carries x-promptly-signature: t=…,v1=…, where v1 is the HMAC-SHA256 of &quot;t.body&quot; with this secret.
          </ShownOnce>
        )}
        <Show of={found} height={100}>
          {({ webhooks: all }) =>
            all.length === 0 ? (
              <Nothing title="No webhooks">{may ? "Without one, clients ask for the status of what waits." : "An admin adds them."}</Nothing>
            ) : (
              <Wide label="Webhooks, table" width={720}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Address</Table.Th>
                      <Table.Th>Deliveries of the last 30 days</Table.Th>
                      {may && <Table.Th aria-label="Actions" />}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((one) => (
                      <Table.Tr key={one.id}>
                        <Table.Td className="name">{one.name}</Table.Td>
                        <Table.Td style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>
                          <Code>{one.url}</Code>
                        </Table.Td>
                        <Table.Td style={{ whiteSpace: "normal" }}>
                          <Deliveries of={one} />
                        </Table.Td>
                        {may && (
                          <Table.Td>
                            <Actions of={one} />
                          </Table.Td>
                        )}
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

function Deliveries({ of }: { of: Webhook }) {
  if (of.verified_at === null) {
    return (
      <Badge variant="light" color="orange" miw="max-content">
        not verified yet
      </Badge>
    );
  }
  return (
    <>
      <Text size="sm">{of.delivered_at ? `The latest arrived ${moment(of.delivered_at)}` : "Nothing has arrived yet"}</Text>
      {of.waiting > 0 && <Text size="sm">{count(of.waiting)} to be sent again</Text>}
      {of.failed > 0 && (
        <Text size="sm" c="red">
          {count(of.failed)} given up
        </Text>
      )}
      {of.last_error && (
        <Text size="xs" c="dimmed">
          {of.last_error}
        </Text>
      )}
    </>
  );
}

function Actions({ of }: { of: Webhook }) {
  const client = useQueryClient();
  const verify = useMutation({
    mutationFn: () => call("post", "/api/webhooks/{webhook_id}/verify", { path: { webhook_id: of.id } }),
    onSettled: () => stale(client, "webhooks"),
  });
  return (
    <Stack gap={4} align="flex-end">
      <Group gap={4} wrap="nowrap">
        {of.verified_at === null && (
          <Button size="xs" px="xs" variant="subtle" loading={verify.isPending} aria-label={`Verify ${of.name}`} onClick={() => verify.mutate()}>
            Verify
          </Button>
        )}
        <Confirm
          verb="Remove"
          what={of.name}
          warning="It is not called any more, and requests that name it are refused."
          run={async () => {
            await call("delete", "/api/webhooks/{webhook_id}", { path: { webhook_id: of.id } });
            stale(client, "webhooks");
            stale(client, "audit");
          }}
        />
      </Group>
      <Refused error={verify.error} />
    </Stack>
  );
}

function NewWebhook({ done }: { done: (added: Webhook) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const make = useMutation({
    mutationFn: () => call("post", "/api/webhooks", { body: { name: name.trim(), url: url.trim() } }),
    onSuccess: (added) => {
      stale(client, "webhooks");
      stale(client, "audit");
      done(added);
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="New webhook">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" description="Letters, digits, _ and -" placeholder="night-jobs" required maxLength={64} pattern="[A-Za-z0-9_\-]+" miw={180} value={name} error={fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput label="Address" description="https, and reachable from outside" type="url" placeholder="https://jobs.example.com/promptly" required maxLength={2000} miw={280} value={url} error={fields["url"]} onChange={(event) => setUrl(event.currentTarget.value)} />
        </Group>
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} style={{ alignSelf: "flex-start" }}>
          Add the webhook
        </Button>
      </Stack>
    </form>
  );
}
