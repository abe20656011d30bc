// Agent and client in a page.

import { actions } from "./actions.ts";
import { offer } from "./offer.ts";

offer(actions);
