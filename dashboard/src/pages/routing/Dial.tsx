import { Box, Button, Group, Slider, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { call } from "../../api/client";
import { optimizationSettings, settle } from "../../api/queries";
import { useMay } from "../../app/who";
import { InForce, Panel, Refused } from "../../ui/states";
import { useEdits } from "../../ui/useEdits";

const MIDDLE = 50; // moves nothing, as null does

/** 0 favours cheap tiers, 1 strong ones; null leaves the router as it was shipped. */
export function Dial({ chosen }: { chosen: number | null }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const saved = chosen === null ? null : Math.round(chosen * 100);
  const {
    draft: { dial },
    changed,
    set,
  } = useEdits({ dial: saved });
  const save = useMutation({
    mutationFn: () => call("put", "/api/optimization/settings", { body: { cost_quality: dial === null ? null : dial / 100 } }),
    onSuccess: (now) => settle(client, optimizationSettings().queryKey, now),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Cost and quality">
      <Panel title="Cost and quality">
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            How readily prompts count as simple. Towards “cheaper” more of them go to smaller models; towards “stronger” more stay with large ones. It counts where
            prompts are judged: in auto and shadow mode.
          </Text>
          <Box maw={520} px={10} pb={22}>
            <Slider
              thumbLabel="Cost and quality"
              thumbValueText={() => told(dial)}
              disabled={!may}
              value={dial ?? MIDDLE}
              onChange={(value) => set({ dial: value })}
              step={5}
              startPointValue={MIDDLE}
              label={(value) => String(value)}
              marks={[
                { value: 0, label: <Mark shift="30%">Cheaper</Mark> },
                { value: MIDDLE, label: <Mark>Default</Mark> },
                { value: 100, label: <Mark shift="-30%">Stronger</Mark> },
              ]}
            />
          </Box>
          <Text size="sm">{told(dial)}</Text>
          <Refused error={save.error} />
          {may && (
            <Group gap="sm">
              <Button type="submit" disabled={!changed} loading={save.isPending}>
                Save
              </Button>
              <Button variant="subtle" color="gray" disabled={dial === null} onClick={() => set({ dial: null })}>
                Use the default
              </Button>
              <InForce changed={changed} />
            </Group>
          )}
        </Stack>
      </Panel>
    </form>
  );
}

/** Those at the ends would stand out over them. */
function Mark({ shift = "0", children }: { shift?: string; children: string }) {
  return (
    <Text span size="xs" c="dimmed" display="inline-block" style={{ transform: `translateX(${shift})` }}>
      {children}
    </Text>
  );
}

function told(value: number | null): string {
  if (value === null) return "The default: as shipped";
  if (value === MIDDLE) return "50 of 100: as shipped";
  return `${value} of 100: ${value < MIDDLE ? "cheaper" : "stronger"} than shipped`;
}
