import { Button, Group, Modal, NativeSelect, NumberInput, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call } from "../../api/client";
import { platformKeys, stale, teams } from "../../api/queries";
import { Refused } from "../../ui/states";
import { type Budget, type Exceeds, EXCEEDS, type Period, PERIODS, type Subject, SUBJECTS } from "./words";

interface Values {
  name: string;
  subject: Subject;
  tag: string;
  value: string; // empty: each of them
  period: Period;
  limit: number | string;
  exceeds: Exceeds;
}

const NEW: Values = { name: "", subject: "user", tag: "", value: "", period: "day", limit: "", exceeds: "block" };

function valuesOf(budget: Budget): Values {
  return { name: budget.name, subject: budget.subject, tag: budget.tag ?? "", value: budget.value ?? "", period: budget.period, limit: budget.limit_usd, exceeds: budget.on_exceed };
}

function bodyOf(values: Values) {
  return {
    name: values.name.trim(),
    subject: values.subject,
    tag: values.subject === "tag" ? values.tag.trim() : null,
    value: values.value.trim() || null,
    period: values.period,
    limit_usd: Number(values.limit),
    on_exceed: values.exceeds,
  };
}

export function EditBudget({ budget }: { budget: Budget }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button size="xs" px="xs" variant="subtle" aria-label={`Edit ${budget.name}`} onClick={open}>
        Edit
      </Button>
      <Modal opened={opened} onClose={close} title={`Edit ${budget.name}`} closeButtonProps={{ "aria-label": "Close" }} centered size="lg">
        <BudgetForm budget={budget} done={close} />
      </Modal>
    </>
  );
}

/** A new budget, or a change of one. */
export function BudgetForm({ budget, done }: { budget?: Budget; done: () => void }) {
  const client = useQueryClient();
  const [values, setValues] = useState(budget ? valuesOf(budget) : NEW);
  const set = (change: Partial<Values>): void => setValues((before) => ({ ...before, ...change }));
  const save = useMutation({
    mutationFn: () => {
      const body = bodyOf(values);
      return budget ? call("patch", "/api/budgets/{budget_id}", { path: { budget_id: budget.id }, body }) : call("post", "/api/budgets", { body });
    },
    onSuccess: () => {
      stale(client, "budgets");
      if (!budget) setValues(NEW);
      done();
    },
  });
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={budget ? `Edit ${budget.name}` : "New budget"}>
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" required maxLength={200} miw={180} value={values.name} error={errors["name"]} onChange={(event) => set({ name: event.currentTarget.value })} />
          <NativeSelect
            label="Of"
            miw={110}
            data={SUBJECTS}
            value={values.subject}
            error={errors["subject"]}
            onChange={(event) => set({ subject: SUBJECTS.find((one) => one.value === event.currentTarget.value)?.value ?? "user", value: "" })}
          />
          {values.subject === "tag" && (
            <TextInput label="Tag's name" required maxLength={64} pattern="[A-Za-z0-9_.\\-]+" miw={120} value={values.tag} error={errors["tag"]} onChange={(event) => set({ tag: event.currentTarget.value })} />
          )}
          <Which values={values} error={errors["value"]} set={(value) => set({ value })} />
        </Group>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <NumberInput label="Dollars" required min={0} decimalScale={9} miw={120} hideControls value={values.limit} error={errors["limit_usd"]} onChange={(limit) => set({ limit })} />
          <NativeSelect label="Each" miw={100} data={PERIODS} value={values.period} onChange={(event) => set({ period: PERIODS.find((one) => one.value === event.currentTarget.value)?.value ?? "day" })} />
          <NativeSelect
            label="Where there is no room"
            description={values.exceeds === "route_simple" ? "Conversations that go on, tools that write and manual routing stay as they are." : undefined}
            inputWrapperOrder={["label", "input", "description", "error"]}
            miw={200}
            data={EXCEEDS.map(({ value, label }) => ({ value, label }))}
            value={values.exceeds}
            onChange={(event) => set({ exceeds: EXCEEDS.find((one) => one.value === event.currentTarget.value)?.value ?? "block" })}
          />
        </Group>
        <Refused error={save.error} />
        <Button type="submit" loading={save.isPending} disabled={values.limit === "" || Number(values.limit) <= 0} style={{ alignSelf: "flex-start" }}>
          {budget ? "Save" : "Make the budget"}
        </Button>
      </Stack>
    </form>
  );
}

/** Which key, team, user or value of the tag; none: each of them. */
function Which({ values, error, set }: { values: Values; error?: string; set: (value: string) => void }) {
  const keys = useQuery({ ...platformKeys(), enabled: values.subject === "key" });
  const all = useQuery({ ...teams(), enabled: values.subject === "team" });
  if (values.subject === "user" || values.subject === "tag")
    return <TextInput label="Which" placeholder="each" maxLength={256} miw={140} value={values.value} error={error} onChange={(event) => set(event.currentTarget.value)} />;
  const found =
    values.subject === "key"
      ? (keys.data?.keys ?? []).map((key) => ({ value: key.id, label: `${key.name} …${key.last_four}` }))
      : (all.data?.teams ?? []).map((team) => ({ value: team.id, label: team.name }));
  // A key that is no more may still have its budget.
  const gone = values.value && !found.some((one) => one.value === values.value) ? [{ value: values.value, label: values.value }] : [];
  return <NativeSelect label="Which" miw={140} data={[{ value: "", label: "each" }, ...gone, ...found]} value={values.value} error={error} onChange={(event) => set(event.currentTarget.value)} />;
}
