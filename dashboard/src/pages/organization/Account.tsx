import { Alert, Button, Code, Divider, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call } from "../../api/client";
import { entry, signIns, type Source } from "../../api/queries";
import { session } from "../../api/session";
import { useWho } from "../../app/who";
import { Facts } from "../../ui/Facts";
import { Panel, Refused, Show } from "../../ui/states";
import { sourceNames } from "../SignIn";

/** What everybody may do with their own account, whatever their role. */
export function Account() {
  const { user } = useWho();
  const found = useQuery(signIns());
  const ways = useQuery(entry());
  return (
    <Panel title="Your account">
      <Stack gap="md">
        <Facts
          rows={[
            ["E-mail", user.email],
            ["Role", user.role],
          ]}
        />
        <Show of={{ data: ways.isPending ? undefined : found.data, error: found.error, refetch: found.refetch }} height={290}>
          {({ password, oauth }) => (
            <>
              {password ? <ChangePassword /> : <NoPassword email={user.email} mail={ways.data?.mail !== false} />}
              <Linked linked={oauth} offered={ways.data?.oauth ?? []} oidc={ways.data?.oidc_name} />
            </>
          )}
        </Show>
      </Stack>
    </Panel>
  );
}

const EMPTY = { old_password: "", new_password: "" };

function ChangePassword() {
  const { user } = useWho();
  const [values, setValues] = useState(EMPTY);
  const change = useMutation({
    mutationFn: () => call("post", "/api/auth/password", { body: values }),
    onSuccess: ({ token }) => {
      setValues(EMPTY);
      session.begin(token); // the one before has ended with all others
    },
  });
  const fields = change.error instanceof ApiError ? change.error.fields : {};
  const set = (more: Partial<typeof EMPTY>): void => {
    setValues((before) => ({ ...before, ...more }));
    if (change.data) change.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  const eye = { "aria-label": "Show or hide the password" };
  return (
    <form onSubmit={submit} aria-label="Change the password">
      <Stack gap="sm">
        <Divider label="Password" labelPosition="left" />
        <input type="email" autoComplete="username" value={user.email} readOnly hidden aria-hidden />
        <Group align="flex-start" grow preventGrowOverflow={false} maw={620}>
          <PasswordInput label="Old password" autoComplete="current-password" required miw={220} value={values.old_password} error={fields["old_password"]} visibilityToggleButtonProps={eye} onChange={(event) => set({ old_password: event.currentTarget.value })} />
          <PasswordInput label="New password" description="At least 8 characters" inputWrapperOrder={["label", "input", "description", "error"]} autoComplete="new-password" required miw={220} value={values.new_password} error={fields["new_password"]} visibilityToggleButtonProps={eye} onChange={(event) => set({ new_password: event.currentTarget.value })} />
        </Group>
        {change.error && Object.keys(fields).length === 0 && (
          <Alert color="red" role="alert">
            {change.error.message}
          </Alert>
        )}
        <Group gap="sm">
          <Button type="submit" variant="default" loading={change.isPending}>
            Change the password
          </Button>
          <Text size="sm" c="dimmed" role="status">
            {change.data ? "Changed. Every other session of yours has ended." : "Every other session of yours ends with it."}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function NoPassword({ email, mail }: { email: string; mail: boolean }) {
  const ask = useMutation({ mutationFn: () => call("post", "/api/auth/password/reset", { body: { email } }) });
  return (
    <Stack gap="sm" align="flex-start">
      <Divider label="Password" labelPosition="left" w="100%" />
      <Text size="sm">
        This account has no password: you sign in through somebody else.{" "}
        {!mail && (
          <>
            To have one too, ask whoever runs this Promptly for <Code>promptly users reset {email}</Code>.
          </>
        )}
      </Text>
      <Refused error={ask.error} />
      {mail &&
        (ask.data ? (
          <Text size="sm" role="status">
            A mail with a link is on its way to {email}.
          </Text>
        ) : (
          <Button variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>
            Mail me a link to set one
          </Button>
        ))}
    </Stack>
  );
}

function Linked({ linked, offered, oidc }: { linked: Source[]; offered: Source[]; oidc: string | null | undefined }) {
  const link = useMutation({
    mutationFn: (source: Source) => call("post", "/api/auth/oauth/{source}/link", { path: { source } }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const all = sourceNames(oidc).filter(([source]) => linked.includes(source) || offered.includes(source));
  if (all.length === 0) return null;
  return (
    <Stack gap="sm">
      <Divider label="Other ways to sign in" labelPosition="left" />
      {all.map(([source, name]) => (
        <Group key={source} gap="sm">
          <Text size="sm" miw={70}>
            {name}
          </Text>
          {linked.includes(source) ? (
            <Text size="sm" c="dimmed">
              linked
            </Text>
          ) : (
            <Button size="xs" variant="default" loading={link.isPending && link.variables === source} onClick={() => link.mutate(source)}>
              Link {name}
            </Button>
          )}
        </Group>
      ))}
      <Refused error={link.error} />
    </Stack>
  );
}
