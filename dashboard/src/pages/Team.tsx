import { PageTitle } from "../ui/states";

export default function Team() {
  return <PageTitle title="Team" />;
}
