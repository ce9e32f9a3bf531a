import { Alert, Button, Code, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call } from "../api/client";
import { entry } from "../api/queries";
import { Link } from "../app/router";
import { Refused } from "../ui/states";
import { Outside } from "./SignIn";

export function Forgot() {
  const ways = useQuery(entry());
  return (
    <Outside title="Forgotten password">
      {ways.isPending ? <Skeleton h={150} aria-label="Loading" role="status" /> : ways.data?.mail === false ? <NoMail /> : <Ask />}
      <Link to="/login" ta="center">
        Back to signing in
      </Link>
    </Outside>
  );
}

function NoMail() {
  return (
    <Text size="sm">
      This Promptly sends no mail. Ask whoever runs it: <Code>promptly users reset you@example.com</Code> prints a link with which you
      choose a new password.
    </Text>
  );
}

function Ask() {
  const [email, setEmail] = useState("");
  const ask = useMutation({ mutationFn: () => call("post", "/api/auth/password/reset", { body: { email } }) });
  const fields = ask.error instanceof ApiError ? ask.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    ask.mutate();
  };
  if (ask.data) {
    return (
      <Alert color="teal" role="status">
        {ask.data.detail} It works once, for an hour.
      </Alert>
    );
  }
  return (
    <form onSubmit={submit} aria-label="Forgotten password">
      <Stack>
        <Text size="sm" c="dimmed">
          You get a link by mail, with which you choose a new one.
        </Text>
        <TextInput label="E-mail" type="email" autoComplete="email" required value={email} error={fields["email"]} onChange={(event) => setEmail(event.currentTarget.value)} />
        <Refused error={ask.error} />
        <Button type="submit" loading={ask.isPending} fullWidth>
          Mail me a link
        </Button>
      </Stack>
    </form>
  );
}
