// Where the links of invitations and of forgotten passwords lead. Their tokens stand behind the #, and leave the address at once.
import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { ApiError, call } from "../api/client";
import { session } from "../api/session";
import { go, Link } from "../app/router";
import { Nothing, Refused } from "../ui/states";
import { Outside } from "./SignIn";

export type Purpose = "invite" | "reset";
const WORDS: Record<Purpose, { title: string; button: string }> = {
  invite: { title: "Accept the invitation", button: "Join" },
  reset: { title: "Choose a new password", button: "Set the password" },
};

function tokenOf(): string {
  return new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "";
}

export function SetPassword({ purpose }: { purpose: Purpose }) {
  const client = useQueryClient();
  const [token, setToken] = useState(tokenOf);
  const [password, setPassword] = useState("");
  useEffect(() => {
    const take = (): void => {
      const other = tokenOf();
      if (other) setToken(other);
      window.history.replaceState(null, "", window.location.pathname);
    };
    take();
    window.addEventListener("hashchange", take); // another link that was opened in this tab: the browser stays on the page
    return () => window.removeEventListener("hashchange", take);
  }, []);
  const set = useMutation({
    mutationFn: async (): Promise<void> => {
      if (purpose === "reset") {
        await call("post", "/api/auth/password/reset/confirm", { body: { token, password } });
        session.end();
        go("/login", true);
        return;
      }
      const joined = await call("post", "/api/auth/invite/accept", { body: { token, password, email: null } });
      client.clear(); // somebody else may have been signed in here
      go("/", true);
      session.begin(joined.token);
    },
  });
  const { title, button } = WORDS[purpose];
  const fields = set.error instanceof ApiError ? set.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set.mutate();
  };
  if (!token) {
    return (
      <Outside title={title}>
        <Nothing title="This link is not whole">
          Open it once more from the mail, or ask for another. <Link to={purpose === "reset" ? "/forgot" : "/login"}>{purpose === "reset" ? "Ask for another" : "Sign in"}</Link>
        </Nothing>
      </Outside>
    );
  }
  return (
    <Outside title={title}>
      <form onSubmit={submit} aria-label={title}>
        <Stack>
          <Text size="sm" c="dimmed">
            {purpose === "invite" ? "Choose a password; you are signed in with it at once." : "Every other session ends with it."}
          </Text>
          <PasswordInput
            label="Password"
            description="At least 8 characters"
            autoComplete="new-password"
            required
            value={password}
            error={fields["password"]}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Refused error={set.error} />
          {set.error && purpose === "reset" && !fields["password"] && (
            <Link to="/forgot" ta="center">
              Ask for another link
            </Link>
          )}
          <Button type="submit" loading={set.isPending} fullWidth>
            {button}
          </Button>
        </Stack>
      </form>
    </Outside>
  );
}
