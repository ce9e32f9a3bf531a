import { PageTitle } from "../ui/states";

export default function Organisation() {
  return <PageTitle title="Organisation" />;
}
