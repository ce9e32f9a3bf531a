import { Autocomplete, Button, Group, NumberInput, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Refused } from "../../ui/states";
import { type Alias, MOST, NAME, useAliasChange } from "./aliases";
import { useModels } from "./models";

interface Row {
  id: number;
  model: string;
  weight: number | string;
}

const EMPTY: Row = { id: 0, model: "", weight: 1 };

/** An alias to be made, or to be changed: its name is what clients send, so it stays. */
export function AliasForm({ name: old, alias, done }: { name?: string; alias?: Alias; done: () => void }) {
  const change = useAliasChange();
  const known = useModels();
  // What it was when the form was opened, whatever the list says meanwhile.
  const [was] = useState(alias ?? null);
  const [name, setName] = useState(old ?? "");
  const [rows, setRows] = useState<Row[]>(() => alias?.models.map((one, id) => ({ id, ...one })) ?? [EMPTY]);
  const [fallbacks, setFallbacks] = useState<string[]>(alias?.fallbacks ?? []);
  const adding = useRef<HTMLButtonElement>(null);
  const save = useMutation({
    mutationFn: () => change(name.trim(), was, { models: rows.map(({ model, weight }) => ({ model: model.trim(), weight: Number(weight) })), fallbacks }),
    onSuccess: () => {
      if (old === undefined) {
        setName("");
        setRows([EMPTY]);
        setFallbacks([]);
      }
      done();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const put = (id: number, edit: Partial<Row>): void => setRows((before) => before.map((row) => (row.id === id ? { ...row, ...edit } : row)));
  const add = (): void => setRows((before) => [...before, { ...EMPTY, id: Math.max(...before.map((row) => row.id)) + 1 }]);
  const remove = (id: number): void => {
    setRows((before) => before.filter((row) => row.id !== id));
    adding.current?.focus(); // its own button goes with the row
  };
  return (
    <form onSubmit={submit} aria-label={old === undefined ? "New alias" : `Edit ${old}`}>
      <Stack gap="sm">
        {old === undefined && (
          <TextInput
            label="Name"
            description="Letters, digits and . _ : / @ -, without spaces; what clients send as model"
            required
            maxLength={128}
            maw={420}
            pattern={NAME}
            title="Letters, digits and . _ : / @ -, and the first one is a letter or a digit"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        {rows.map(({ id, model, weight }, at) => (
          <Group key={id} gap="sm" align="flex-end">
            <Autocomplete label={`Model ${at + 1}`} required maxLength={200} flex="1 1 220px" maw={420} data={known} value={model} onChange={(value) => put(id, { model: value })} />
            <NumberInput label={`Weight of model ${at + 1}`} required min={1} max={MOST.weight} clampBehavior="strict" allowDecimal={false} hideControls w={140} value={weight} onChange={(value) => put(id, { weight: value })} />
            {rows.length > 1 && (
              <Button variant="subtle" color="gray" px="xs" aria-label={`Remove model ${at + 1}`} onClick={() => remove(id)}>
                Remove
              </Button>
            )}
          </Group>
        ))}
        <Group>
          <Button ref={adding} size="xs" variant="default" disabled={rows.length >= MOST.models} onClick={add}>
            Add a model
          </Button>
        </Group>
        <TagsInput
          label="Fallbacks, in their order"
          description={`Up to ${MOST.fallbacks} models; Enter adds one`}
          maw={572}
          inputWrapperOrder={["label", "input", "description", "error"]}
          data={known}
          maxTags={MOST.fallbacks}
          acceptValueOnBlur
          value={fallbacks}
          onChange={setFallbacks}
        />
        <Refused error={save.error} />
        <Group gap="sm">
          <Button type="submit" loading={save.isPending}>
            {old === undefined ? "Make the alias" : "Save the alias"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
