// The page of a delivery: its map. All else is drawn by the server.

import { Places } from "./places.js";

new Places(".pl-sheet");
