import { render } from "preact";
import { App } from "./App";
import "./app.css";
import { attend, keepKey, teach } from "./classroom";
import { Learner } from "./Learner";
import { begin } from "./state";
import { Teacher } from "./Teacher";
import { say } from "./words";

const page = location.pathname.match(/\/(class|join)$/)?.[1];
const app = document.getElementById("app")!;
if (page === "class") {
  document.title = say.room.title;
  teach();
  render(<Teacher />, app);
} else if (page === "join") {
  document.title = say.room.title;
  attend();
  render(<Learner />, app);
} else {
  keepKey();
  begin();
  render(<App />, app);
}
