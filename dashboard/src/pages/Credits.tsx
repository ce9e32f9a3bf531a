import { PageTitle } from "../ui/states";

export default function Credits() {
  return <PageTitle title="Credits" />;
}
