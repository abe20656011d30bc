// Where bytes come from and go to. Every host gives one of these, and tests fake it.

/**
 * What a transport tells the session that it carries. What `data`, `drained` or `ended` throws ends the channel, and is the
 * error of the `closed` or `lost` that follows. The others must not throw.
 */
export interface Receiver {
  /**
   * Bytes came in, in any chunking. They are valid until the call returns; never called from inside
   * `Transport.write`. After `pause` what was already read may still come.
   */
  data(bytes: Uint8Array): void;
  /** The transport takes bytes again, after `write` returned false. */
  drained(): void;
  /**
   * The peer sends no more, but may still read (a half-closed socket). The session answers what it has, then closes the
   * transport.
   */
  ended(): void;
  /**
   * The channel is not there yet, broke, or could not be opened, and is tried again: what was under way on it is lost, in
   * both directions. Only transports that come back say so; it may come several times before `reopened`. Where `write`
   * had returned false, `drained` follows at once.
   */
  lost(error?: Error): void;
  /** The channel is there: for the first time, or again after `lost`. Only transports that come back say so. */
  reopened(): void;
  /** The peer is gone: nothing follows. `error` says why, where it is not the peer's own end. */
  closed(error?: Error): void;
}

/** A byte channel to one peer. None of its methods should throw; one that does ends its own session only. */
export interface Transport {
  /** Starts reading; called once, before anything else but `close`. The receiver hears nothing before it returns. */
  start(receiver: Receiver): void;
  /**
   * Sends bytes. They are valid until the call returns: a transport that keeps them copies. Returns false where the
   * sender should wait for `drained`; the bytes are taken all the same. After the end of the channel, and while it is
   * lost, they are dropped.
   */
  write(bytes: Uint8Array): boolean;
  /** Stops reading, so that the peer is held back. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /**
   * Sends what was written, as far as the peer takes it, and closes. Settles always; `closed` has been called then. It may
   * be called again, by someone in more of a hurry.
   */
  close(): Promise<void>;
}

/** Closes a transport, one that fails at it too. */
export async function closeQuietly(transport: Transport | undefined): Promise<void> {
  try {
    await transport?.close();
  } catch {
    // It is not needed any more.
  }
}
