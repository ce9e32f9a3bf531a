// Where a sign-in through somebody else ends. The address holds a one-time code, or what went wrong, and is cleaned at once.
import { Alert, Center, Loader } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { call } from "../api/client";
import { session } from "../api/session";
import { next } from "../app/next";
import { go, Link } from "../app/router";
import { Outside } from "./SignIn";

// By code, because anybody can write a sentence into an address.
const TOLD = new Map<string, [title: string, next: string]>(Object.entries({
  access_denied: ["The sign-in was declined", "Nothing was changed. Begin again, or use your password."],
  email_taken: ["This e-mail address has an account already", "Sign in as usual; then link the other account under Organization."],
  no_group: ["You are in no group that may use this Promptly", "Ask whoever manages your identity provider's groups, then sign in again."],
  no_organization: ["No organization here is for your account", "Ask whoever runs this Promptly."],
  other_org: ["This account belongs to another organization", "Ask an admin of the organization that you are in to remove you there first."],
  identity_taken: ["This account signs somebody else in already", "Link another one, or sign in with it to see whose it is."],
  email_not_verified: ["No verified e-mail address is known there", "Verify yours there, then begin again."],
  forbidden: ["Registration is closed here", "Ask an admin of your organization to invite you."],
  invalid_token: ["This account does not exist any more", "Ask an admin of your organization to invite you again."],
  upstream_error: ["The sign-in was not confirmed there", "Begin again in a moment."],
  bad_state: ["This sign-in is too old, or was begun elsewhere", "Begin again in this browser."],
}));
const OTHER: [string, string] = ["This sign-in did not work", "Begin again in a moment."];

export function Callback() {
  const client = useQueryClient();
  const [said] = useState(() => new URLSearchParams(window.location.search));
  const [linking] = useState(() => session.token() !== null);
  const [page, setPage] = useState("/");
  const asked = useRef(false);
  const code = said.get("code");
  const { mutate, error } = useMutation({
    mutationFn: async ({ code, page }: { code: string; page: string }): Promise<void> => {
      const { token } = await call("post", "/api/auth/oauth/exchange", { body: { code } });
      client.clear(); // somebody else may have been signed in here
      go(page, true);
      session.begin(token);
    },
  });
  useEffect(() => {
    window.history.replaceState(null, "", window.location.pathname);
    if (asked.current) return; // a code works once
    asked.current = true;
    const wanted = next.take();
    const page = linking ? "/organization" : wanted;
    setPage(page);
    if (code) mutate({ code, page });
  }, [code, linking, mutate]);
  const [title, todo] = error ? [OTHER[0], error.message] : (TOLD.get(said.get("error_code") ?? "") ?? OTHER);
  return (
    <Outside title={linking ? "Link an account" : "Sign in"}>
      {code && !error ? (
        <Center h={120} role="status">
          <Loader />
        </Center>
      ) : (
        <>
          <Alert color="red" role="alert" title={title}>
            {todo}
          </Alert>
          <Link to={page} ta="center">
            {linking ? "Back to the organization" : "Sign in"}
          </Link>
        </>
      )}
    </Outside>
  );
}
