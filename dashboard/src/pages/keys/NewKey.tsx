import { Button, Checkbox, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale } from "../../api/queries";
import { Refused } from "../../ui/states";

const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function NewKey({ done }: { done: (key: Schema["NewKey"]) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["chat", "optimize"]);
  const [rpm, setRpm] = useState<number | string>(500);
  const [budget, setBudget] = useState<number | string>("");
  const [expires, setExpires] = useState(""); // as the field writes it: in the viewer's zone, and without naming it
  const [late, setLate] = useState(false);
  const make = useMutation({
    mutationFn: () =>
      call("post", "/api/keys/platform", {
        body: {
          name: name.trim(),
          scopes: (["chat", "optimize"] as const).filter((scope) => scopes.includes(scope)),
          rpm: Number(rpm),
          expires_at: expires ? new Date(expires).toISOString() : null,
          monthly_budget_usd: budget === "" ? null : Number(budget),
        },
      }),
    onSuccess: (key) => {
      setName("");
      setBudget("");
      setExpires("");
      stale(client, "keys", "platform");
      done(key);
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const over = expires !== "" && !(new Date(expires) > new Date());
    setLate(over);
    if (!over) make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="New key">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" required maxLength={200} miw={180} value={name} error={fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
          <NumberInput label="Requests a minute" required min={1} max={1_000_000} allowDecimal={false} miw={140} hideControls value={rpm} error={fields["rpm"]} onChange={setRpm} />
          <NumberInput label="Dollars a month (optional)" min={0} decimalScale={2} miw={140} hideControls value={budget} error={fields["monthly_budget_usd"]} onChange={setBudget} />
          <TextInput
            label="Expires (optional)"
            type="datetime-local"
            description={ZONE && `In your time zone, ${ZONE}`}
            inputWrapperOrder={["label", "input", "description", "error"]}
            miw={190}
            value={expires}
            error={late ? "This moment is over: choose one to come." : fields["expires_at"]}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
        </Group>
        <Checkbox.Group label="May be used for" value={scopes} onChange={setScopes}>
          <Group mt={4}>
            <Checkbox value="chat" label="Chat" />
            <Checkbox value="optimize" label="The optimize API" />
          </Group>
        </Checkbox.Group>
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} disabled={scopes.length === 0} style={{ alignSelf: "flex-start" }}>
          Make the key
        </Button>
      </Stack>
    </form>
  );
}
