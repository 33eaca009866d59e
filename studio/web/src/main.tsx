import { render } from "preact";
import { App } from "./App";
import "./app.css";
import { begin } from "./state";

begin();
render(<App />, document.getElementById("app")!);
