import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { theme } from "../src/app/theme";
import { Who } from "../src/app/who";
import type { Role } from "../src/api/queries";
import { ME, PERMISSIONS } from "./api";

/** Draws a page for somebody with a role. */
export function show(page: ReactNode, role: Role = "admin", account_type: "team" | "personal" = "team") {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <Who value={{ org: { ...ME.org, account_type }, user: { ...ME.user, role }, permissions: PERMISSIONS[role] }}>{page}</Who>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
