import { render } from "preact";

import { App } from "./app.js";
import "./style.css";

const root = document.getElementById("app");
if (root === null) throw new Error("the page must have an element app");
render(<App />, root);
