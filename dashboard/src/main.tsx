import "@mantine/core/styles.css";
import "./style.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { worthRetrying } from "./api/queries";
import { session } from "./api/session";
import { App } from "./app/App";
import { Boundary } from "./app/Boundary";
import { readable, theme } from "./app/theme";
import { keepFocus } from "./ui/focus";

const client = new QueryClient({
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 10_000 }, mutations: { gcTime: 0 } }, // answers may hold keys
});
keepFocus(client.getMutationCache());
session.recall();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={readable} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <Boundary>
            <App />
          </Boundary>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
