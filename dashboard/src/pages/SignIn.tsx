import { Button, Card, Center, Divider, Group, PasswordInput, SegmentedControl, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { entry, shownKey, type Source, stale } from "../api/queries";
import { session } from "../api/session";
import { Brand, Scheme } from "../app/Frame";
import { next } from "../app/next";
import { go, Link } from "../app/router";
import { ShownOnce } from "../ui/Copy";
import { Nothing, Refused } from "../ui/states";

interface Values {
  email: string;
  password: string;
  org_name: string;
  account_type: "personal" | "team";
  bootstrap_token: string | null;
}

const SOURCES: Record<Source, string> = { github: "GitHub", google: "Google", oidc: "SSO" };

/** What the others are called that somebody signs in through, in the order in which they are offered; the operator names the last one. */
export function sourceNames(oidc: string | null | undefined): [Source, string][] {
  return Object.entries({ ...SOURCES, oidc: oidc ?? SOURCES.oidc }) as [Source, string][];
}
const EMPTY: Values = { email: "", password: "", org_name: "", account_type: "team", bootstrap_token: null };

export function SignIn({ registering }: { registering: boolean }) {
  const client = useQueryClient();
  const [values, setValues] = useState(EMPTY);
  const [made, setMade] = useState<Schema["Registered"] | null>(null);
  const ways = useQuery(entry());
  const registration = ways.data?.registration ?? (ways.isError ? "open" : undefined);
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }));
  const enter = useMutation({
    mutationFn: async (): Promise<void> => {
      if (registering) {
        const registered = await call("post", "/api/auth/register", { body: values });
        setMade(registered);
        client.setQueryData(shownKey().queryKey, registered.api_key);
        stale(client, "entry"); // the first one may have been the last
      } else {
        const { email, password } = values;
        session.begin((await call("post", "/api/auth/login", { body: { email, password } })).token);
      }
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter.mutate();
  };
  const fields = enter.error instanceof ApiError ? enter.error.fields : {};
  if (made) return <Welcome made={made} />;
  if (registering && registration === undefined) {
    return (
      <Outside title="Register">
        <Skeleton h={320} aria-label="Loading" role="status" />
      </Outside>
    );
  }
  if (registering && registration === "invite") {
    return (
      <Outside title="Register">
        <Nothing title="Registration is closed here">
          Ask an admin of your organization to invite you. <Link to="/login">Sign in</Link>
        </Nothing>
      </Outside>
    );
  }
  return (
    <Outside title={registering ? "Register" : "Sign in"}>
      <form onSubmit={submit} aria-label={registering ? "Register" : "Sign in"}>
        <Stack>
          {registering && registration === "first" && (
            <Text size="sm" c="dimmed">
              Nobody has registered here yet. Whoever does now is the only one who can; everybody else is invited.
            </Text>
          )}
          {registering && (
            <>
              <TextInput
                label="Organization"
                autoComplete="organization"
                required
                maxLength={200}
                value={values.org_name}
                error={fields["org_name"]}
                onChange={(event) => set({ org_name: event.currentTarget.value })}
              />
              <SegmentedControl
                aria-label="Kind of account"
                value={values.account_type}
                onChange={(kind) => set({ account_type: kind === "personal" ? "personal" : "team" })}
                data={[
                  { value: "team", label: "Team" },
                  { value: "personal", label: "Personal" },
                ]}
              />
            </>
          )}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="email"
            required
            value={values.email}
            error={fields["email"]}
            onChange={(event) => set({ email: event.currentTarget.value })}
          />
          <PasswordInput
            label="Password"
            description={registering ? "At least 8 characters" : undefined}
            autoComplete={registering ? "new-password" : "current-password"}
            required
            value={values.password}
            error={fields["password"]}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
            onChange={(event) => set({ password: event.currentTarget.value })}
          />
          {registering && ways.data?.bootstrap_token && (
            <PasswordInput
              label="Bootstrap token"
              description="PROMPTLY_BOOTSTRAP_TOKEN, which whoever runs this installation has set"
              autoComplete="off"
              required
              value={values.bootstrap_token ?? ""}
              error={fields["bootstrap_token"]}
              visibilityToggleButtonProps={{ "aria-label": "Show or hide the token" }}
              onChange={(event) => set({ bootstrap_token: event.currentTarget.value })}
            />
          )}
          <Refused error={enter.error} />
          <Button type="submit" loading={enter.isPending} fullWidth>
            {registering ? "Register" : "Sign in"}
          </Button>
        </Stack>
      </form>
      {registering ? (
        <Text size="sm" ta="center">
          Already registered? <Link to="/login">Sign in</Link>
        </Text>
      ) : (
        <Link to="/forgot" ta="center">
          Forgot your password?
        </Link>
      )}
      <Others sources={ways.data?.oauth ?? []} oidc={ways.data?.oidc_name} />
      {!registering && (registration === "open" || registration === "first") && (
        <Text size="sm" ta="center">
          New here? <Link to="/register">Register an organization</Link>
        </Text>
      )}
    </Outside>
  );
}

/** Signing in through somebody else: the browser is led there and back, so the page that was asked for is kept. */
function Others({ sources, oidc }: { sources: Source[]; oidc: string | null | undefined }) {
  const offered = sourceNames(oidc).filter(([source]) => sources.includes(source));
  if (offered.length === 0) return null;
  return (
    <>
      <Divider label="or" />
      {offered.map(([source, name]) => (
        <Button key={source} component="a" variant="default" fullWidth href={`/api/auth/oauth/${source}`} onClick={next.keep}>
          {source === "oidc" ? "Sign in" : "Continue"} with {name}
        </Button>
      ))}
    </>
  );
}

function Welcome({ made }: { made: Schema["Registered"] }) {
  return (
    <Outside title={`Welcome, ${made.org.name}`}>
      <ShownOnce secret={made.api_key} />
      <Button
        onClick={() => {
          go("/start", true);
          session.begin(made.token);
        }}
      >
        I have stored it: go on
      </Button>
    </Outside>
  );
}

export function Outside({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center mih="100dvh" px="md" py={{ base: "md", sm: "12vh" }} component="main" style={{ alignItems: "flex-start" }}>
      <Card withBorder w="100%" maw={420} padding="xl">
        <Stack>
          <Group justify="space-between">
            <Brand />
            <Scheme />
          </Group>
          <Title order={1} size="h3">
            {title}
          </Title>
          {children}
        </Stack>
      </Card>
    </Center>
  );
}
