import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { optimizationSettings, routing } from "../api/queries";
import { PageTitle, Show } from "../ui/states";
import { Aliases } from "./routing/Aliases";
import { Dial } from "./routing/Dial";
import { Limits } from "./routing/Limits";
import { ModeForm } from "./routing/ModeForm";
import { Preview } from "./routing/Preview";
import { Rules } from "./routing/Rules";
import { Tiers } from "./routing/Tiers";

export default function Routing() {
  const config = useQuery(routing());
  const settings = useQuery(optimizationSettings());
  return (
    <>
      <PageTitle title="Routing" />
      <Stack>
        <Show of={config} height={170} name="Mode">
          {({ routing_mode: mode }) => <ModeForm mode={mode} />}
        </Show>
        <Rules />
        <Show of={settings} height={210} name="Cost and quality">
          {({ cost_quality: chosen }) => <Dial chosen={chosen} />}
        </Show>
        <Show of={settings} height={260} name="What routing may do">
          {(found) => <Limits settings={found} />}
        </Show>
        <Show of={config} height={320} name="Tiers">
          {(found) => <Tiers config={found} />}
        </Show>
        <Aliases />
        <Preview />
      </Stack>
    </>
  );
}
