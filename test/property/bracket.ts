// Many sessions in one stream: before each and after the last stands a flush and a delimited sync with an id of its own.
// What comes between two of the answers is what the session drew, and the flush behind it.

/** The id of the sync before session `index`; `salt` keeps it from what a session could say. */
function id(salt: bigint, index: number): bigint {
  return salt + BigInt(index);
}

/** All sessions with the syncs around them. */
export function bracket(sessions: readonly string[], salt: bigint): string {
  const sync = (index: number): string =>
    `\xff{"execute":"guest-sync-delimited","arguments":{"id":${id(salt, index)}}}\n`;
  return sessions.map((session, index) => sync(index) + session).join("") + sync(sessions.length);
}

/** The end of the answer to them. */
export function lastAnswer(sessions: readonly string[], salt: bigint): string {
  return answer(salt, sessions.length);
}

function answer(salt: bigint, index: number): string {
  return `\xff{"return": ${id(salt, index)}}\n`;
}

/** What each session drew. Throws where a sync was not answered, or what comes before the first answer is not its flush. */
export function split(output: string, sessions: readonly string[], salt: bigint): string[] {
  let at = output.indexOf(answer(salt, 0));
  if (at < 0) throw new Error("the first sync was not answered");
  at += answer(salt, 0).length;
  return sessions.map((session, index) => {
    const mark = answer(salt, index + 1);
    const end = output.indexOf(mark, at);
    if (end < 0) throw new Error(`the sync behind a session was not answered: ${JSON.stringify(session)}`);
    const drawn = output.slice(at, end);
    at = end + mark.length;
    return drawn;
  });
}
