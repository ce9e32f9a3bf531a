import { Center, Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { me } from "../api/queries";
import { session } from "../api/session";
import { Callback } from "../pages/Callback";
import { Deleted } from "../pages/Deleted";
import { Forgot } from "../pages/Forgot";
import { SetPassword } from "../pages/SetPassword";
import { SignIn } from "../pages/SignIn";
import { Failed, Nothing } from "../ui/states";
import { Boundary } from "./Boundary";
import { Frame } from "./Frame";
import { OUTSIDE } from "./next";
import { TITLES } from "./pages";
import { go, Link, useAddress } from "./router";
import { Together } from "./Together";
import { Who } from "./who";

const Overview = lazy(() => import("../pages/Overview"));
const Requests = lazy(() => import("../pages/Requests"));
const Request = lazy(() => import("../pages/Request"));
const Conversation = lazy(() => import("../pages/Conversation"));
const Costs = lazy(() => import("../pages/Costs"));
const Budgets = lazy(() => import("../pages/Budgets"));
const Performance = lazy(() => import("../pages/Performance"));
const Measured = lazy(() => import("../pages/Measured"));
const Playground = lazy(() => import("../pages/Playground"));
const Keys = lazy(() => import("../pages/Keys"));
const Optimization = lazy(() => import("../pages/Optimization"));
const Routing = lazy(() => import("../pages/Routing"));
const Cache = lazy(() => import("../pages/Cache"));
const Alerts = lazy(() => import("../pages/Alerts"));
const Team = lazy(() => import("../pages/Team"));
const Organization = lazy(() => import("../pages/Organization"));
const Credits = lazy(() => import("../pages/Credits"));
const Start = lazy(() => import("../pages/Start"));

function Waiting() {
  return (
    <Center mih="60vh">
      <Loader />
    </Center>
  );
}

function Page({ section, id }: { section: string; id?: string }) {
  switch (section) {
    case "":
      return <Overview />;
    case "start":
      return <Start />;
    case "requests":
      return id ? <Request key={id} id={id} /> : <Requests />;
    case "conversations":
      return id ? <Conversation key={id} session={id} /> : <Requests />;
    case "costs":
      return <Costs />;
    case "budgets":
      return <Budgets />;
    case "performance":
      return <Performance />;
    case "measured":
      return <Measured />;
    case "playground":
      return <Playground />;
    case "keys":
      return <Keys />;
    case "optimization":
      return <Optimization />;
    case "routing":
      return <Routing />;
    case "cache":
      return <Cache />;
    case "alerts":
      return <Alerts />;
    case "team":
      return <Team />;
    case "organization":
      return <Organization />;
    case "credits":
      return <Credits />;
    default:
      return (
        <Nothing title="There is no page here">
          <Link to="/">Go to the overview</Link>
        </Nothing>
      );
  }
}

function SignedIn({ section, id }: { section: string; id?: string }) {
  const who = useQuery(me());
  // Who it was a moment ago it still is, where that cannot be asked again: a page with something typed in it stays.
  if (!who.data) return who.error ? <Failed error={who.error} again={() => void who.refetch()} /> : <Waiting />;
  return (
    <Who value={who.data}>
      <Frame section={section}>
        <Boundary key={`${section}/${id}`}>
          <Suspense fallback={<Waiting />}>
            <Together>
              <Page section={section} id={id} />
            </Together>
          </Suspense>
        </Boundary>
      </Frame>
    </Who>
  );
}

function SignedOut({ section }: { section: string }) {
  if (section === "forgot") return <Forgot />;
  if (section === "deleted") return <Deleted />;
  return <SignIn key={section} registering={section === "register"} />;
}

export function App() {
  const { path } = useAddress();
  const token = useSyncExternalStore(session.subscribe, session.token);
  const waiting = useSyncExternalStore(session.subscribe, session.waiting);
  const client = useQueryClient();
  const [section = "", id] = path.slice(1).split("/");
  const outside = section !== "auth" && OUTSIDE.has(section);
  useEffect(() => {
    if (token) return;
    // The next one to sign in here sees nothing of the one before; how one gets in is nobody's.
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "entry" });
    client.getMutationCache().clear();
  }, [token, client]);
  useEffect(() => {
    if (token && outside) go("/", true);
  }, [token, outside]);
  useEffect(() => {
    const title = outside || !token ? (OUTSIDE.get(section) ?? "Sign in") : TITLES.get(section);
    document.title = title ? `${title} · Promptly` : "Promptly";
  }, [section, outside, token]);
  if (section === "auth" && (id === "invite" || id === "reset")) return <SetPassword key={id} purpose={id} />;
  if (section === "auth" && id === "callback") return <Callback />;
  if (!token) return waiting ? <Waiting /> : <SignedOut section={section} />;
  return outside ? <Waiting /> : <SignedIn section={section} id={id} />;
}
