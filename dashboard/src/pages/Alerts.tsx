import { PageTitle } from "../ui/states";

export default function Alerts() {
  return <PageTitle title="Alerts" />;
}
