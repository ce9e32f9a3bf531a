import { PageTitle } from "../ui/states";

export default function Routing() {
  return <PageTitle title="Routing" />;
}
