import { Alert, Button, Card, Center, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { session } from "../api/session";
import { Brand, Scheme } from "../app/Frame";
import { go, Link } from "../app/router";
import { ShownOnce } from "../ui/Copy";

interface Values {
  email: string;
  password: string;
  org_name: string;
  account_type: "personal" | "team";
}

const EMPTY: Values = { email: "", password: "", org_name: "", account_type: "team" };

export function SignIn({ registering }: { registering: boolean }) {
  const [values, setValues] = useState(EMPTY);
  const [made, setMade] = useState<Schema["Registered"] | null>(null);
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }));
  const enter = useMutation({
    mutationFn: async (): Promise<void> => {
      if (registering) {
        setMade(await call("post", "/api/auth/register", { body: values }));
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
  return (
    <Outside title={registering ? "Register" : "Sign in"}>
      <form onSubmit={submit} aria-label={registering ? "Register" : "Sign in"}>
        <Stack>
          {registering && (
            <>
              <TextInput
                label="Organisation"
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
            autoComplete={registering ? "new-password" : "current-password"}
            required
            value={values.password}
            error={fields["password"]}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
            onChange={(event) => set({ password: event.currentTarget.value })}
          />
          {enter.error && (
            <Alert color="red" role="alert">
              {enter.error.message}
            </Alert>
          )}
          <Button type="submit" loading={enter.isPending} fullWidth>
            {registering ? "Register" : "Sign in"}
          </Button>
        </Stack>
      </form>
      <Text size="sm" ta="center">
        {registering ? (
          <>
            Already registered? <Link to="/login">Sign in</Link>
          </>
        ) : (
          <>
            New here? <Link to="/register">Register an organisation</Link>
          </>
        )}
      </Text>
    </Outside>
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
    <Center mih="100dvh" p="md" component="main">
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
