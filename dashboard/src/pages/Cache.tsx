import { PageTitle } from "../ui/states";

export default function Cache() {
  return <PageTitle title="Cache" />;
}
