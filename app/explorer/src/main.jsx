import { createRoot } from "react-dom/client";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./explorer.css";
import { Explorer } from "./Explorer.jsx";

const config = JSON.parse(document.getElementById("plangate-config").textContent);

createRoot(document.getElementById("explorer")).render(<Explorer prefilledKey={config.key ?? ""} />);
