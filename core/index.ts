// The core's face for JavaScript.

import { Agent } from "./agent.ts";
import { Call, Command, RemoteCommand } from "./command.ts";
import { Limits } from "./limits.ts";
import { Logger } from "./logger.ts";
import { Output } from "./output.ts";
import { Session } from "./session.ts";
import { Writer } from "./writer.ts";

export { Agent, Call, Command, Limits, Logger, Output, RemoteCommand, Session, Writer };
