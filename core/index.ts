// The core's face for JavaScript.

import { Agent } from "./agent.ts";
import { Call, Command, RemoteCommand } from "./command.ts";
import { Echo } from "./echo.ts";
import { setLimit } from "./limits.ts";
import { Logger } from "./logger.ts";
import { Output } from "./output.ts";
import { Session } from "./session.ts";

export { Agent, Call, Command, Echo, Logger, Output, RemoteCommand, Session, setLimit };
