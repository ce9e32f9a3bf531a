import { Button, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale } from "../../api/queries";
import { Refused } from "../../ui/states";
import { bodyOf, isOver, KeyFields, NEW_KEY } from "./KeyFields";

export function NewKey({ done }: { done: (key: Schema["NewKey"]) => void }) {
  const client = useQueryClient();
  const [values, setValues] = useState(NEW_KEY);
  const [late, setLate] = useState(false);
  const make = useMutation({
    mutationFn: () => call("post", "/api/keys/platform", { body: bodyOf(values) }),
    onSuccess: (key) => {
      setValues((before) => ({ ...before, name: "", budget: "", expires: "" }));
      stale(client, "keys", "platform");
      stale(client, "teams");
      done(key);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setLate(isOver(values.expires));
    if (!isOver(values.expires)) make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="New key">
      <Stack gap="sm">
        <KeyFields values={values} errors={make.error instanceof ApiError ? make.error.fields : {}} late={late} set={(change) => setValues((before) => ({ ...before, ...change }))} />
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} disabled={values.scopes.length === 0} style={{ alignSelf: "flex-start" }}>
          Make the key
        </Button>
      </Stack>
    </form>
  );
}
