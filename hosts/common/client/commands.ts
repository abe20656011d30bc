// The types of all commands of QEMU 11.0 (PROTOCOL 9). "Since" is the version of QEMU that brought a command. Members are
// spelled as on the wire; texts that stand for bytes are base64.

/** 64 bits on the wire: a bigint where it is beyond 2^53 - 1, and either as an argument. */
export type Integer = number | bigint;

/** `{}`, which may be left out. */
export type NoArguments = Record<string, never>;

/** `{}`: that it came is all that it says. */
export type NoResult = object;

/** The commands, by name. */
export interface QgaCommands {
  // The channel and the agent.

  /** Returns the id behind a byte 0xFF. For clients: this one sends it by itself. Since 1.1. */
  "guest-sync-delimited": { arguments: { id: Integer }; returns: Integer };
  /** Returns the id. For clients: this one sends it by itself. Since 0.15. */
  "guest-sync": { arguments: { id: Integer }; returns: Integer };
  /** Answers. Since 0.15. */
  "guest-ping": { arguments: NoArguments; returns: NoResult };
  /** Nanoseconds since the epoch, which is a bigint; exact to the microsecond. Since 1.5. */
  "guest-get-time": { arguments: NoArguments; returns: Integer };
  /** Sets the clock, in nanoseconds since the epoch; without a time, from the hardware clock. Since 1.5. */
  "guest-set-time": { arguments: { time?: Integer }; returns: NoResult };
  /** The agent's version and its commands. Since 0.15. */
  "guest-info": { arguments: NoArguments; returns: GuestAgentInfo };
  /** Powers down, unless told otherwise. No success reply. Since 0.15. */
  "guest-shutdown": { arguments: { mode?: "halt" | "powerdown" | "reboot" }; returns: void };

  // Files of the guest, by handle. Positions and counts are in bytes.

  /** Opens a file as fopen does, to read unless told otherwise; returns its handle. Since 0.15. */
  "guest-file-open": { arguments: { path: string; mode?: FileMode }; returns: Integer };
  /** Closes a file. Since 0.15. */
  "guest-file-close": { arguments: { handle: Integer }; returns: NoResult };
  /** Reads 4096 bytes, or `count`, up to 48 MiB: base64, so `replyBytes` must hold 4/3 of it. Since 0.15. */
  "guest-file-read": { arguments: { handle: Integer; count?: Integer }; returns: GuestFileRead };
  /** Writes what `buf-b64` stands for, or its first `count` bytes. Since 0.15. */
  "guest-file-write": { arguments: { handle: Integer; "buf-b64": string; count?: Integer }; returns: GuestFileWrite };
  /** Moves the position. Since 0.15. */
  "guest-file-seek": { arguments: { handle: Integer; offset: Integer; whence: FileWhence }; returns: GuestFileSeek };
  /** Writes out what is buffered. Since 0.15. */
  "guest-file-flush": { arguments: { handle: Integer }; returns: NoResult };

  // File systems.

  /** Whether file systems are frozen. Since 0.15. */
  "guest-fsfreeze-status": { arguments: NoArguments; returns: "thawed" | "frozen" };
  /** Freezes all file systems; returns how many. Since 0.15. */
  "guest-fsfreeze-freeze": { arguments: NoArguments; returns: Integer };
  /** Freezes those at these mount points, or all; returns how many. Since 2.2. */
  "guest-fsfreeze-freeze-list": { arguments: { mountpoints?: readonly string[] }; returns: Integer };
  /** Thaws all; returns how many. Since 0.15. */
  "guest-fsfreeze-thaw": { arguments: NoArguments; returns: Integer };
  /** Discards free blocks, in extents of at least `minimum` bytes. Since 1.2. */
  "guest-fstrim": { arguments: { minimum?: Integer }; returns: GuestFilesystemTrimResponse };

  // Sleep.

  /** Hibernates. No success reply. Since 1.1. */
  "guest-suspend-disk": { arguments: NoArguments; returns: void };
  /** Suspends to memory. No success reply. Since 1.1. */
  "guest-suspend-ram": { arguments: NoArguments; returns: void };
  /** Suspends to memory, with an image on disk. No success reply. Since 1.1. */
  "guest-suspend-hybrid": { arguments: NoArguments; returns: void };

  // Network, processors, disks, memory, accounts.

  /** Network interfaces, their addresses and counters. Since 1.1. */
  "guest-network-get-interfaces": { arguments: NoArguments; returns: GuestNetworkInterface[] };
  /** Processors. Since 1.5. */
  "guest-get-vcpus": { arguments: NoArguments; returns: GuestLogicalProcessor[] };
  /** Takes processors on and off line; returns how many entries, from the first on, were done. Since 1.5. */
  "guest-set-vcpus": { arguments: { vcpus: readonly GuestLogicalProcessor[] }; returns: Integer };
  /** Disks and their partitions. Since 5.2. */
  "guest-get-disks": { arguments: NoArguments; returns: GuestDiskInfo[] };
  /** File systems that are mounted, their sizes in bytes. Since 2.2. */
  "guest-get-fsinfo": { arguments: NoArguments; returns: GuestFilesystemInfo[] };
  /** The password is base64: of its text, or where it is `crypted` of what crypt(3) made of it. Since 2.3. */
  "guest-set-user-password": {
    arguments: { username: string; password: string; crypted: boolean };
    returns: NoResult;
  };
  /** Memory blocks. Since 2.3. */
  "guest-get-memory-blocks": { arguments: NoArguments; returns: GuestMemoryBlock[] };
  /** Takes memory blocks on and off line. Since 2.3. */
  "guest-set-memory-blocks": {
    arguments: { "mem-blks": readonly GuestMemoryBlock[] };
    returns: GuestMemoryBlockResponse[];
  };
  /** The size of a memory block, in bytes. Since 2.3. */
  "guest-get-memory-block-info": { arguments: NoArguments; returns: GuestMemoryBlockInfo };

  // Programs.

  /** What became of a program. Once it has exited, this tells it a single time. Since 2.5. */
  "guest-exec-status": { arguments: { pid: Integer }; returns: GuestExecStatus };
  /** Starts a program; it may still run when this returns. Since 2.5. */
  "guest-exec": { arguments: GuestExecArguments; returns: GuestExec };

  // The system and who is on it.

  /** The host name. Since 2.10. */
  "guest-get-host-name": { arguments: NoArguments; returns: GuestHostName };
  /** Who is logged in, since when in seconds since the epoch. Since 2.10. */
  "guest-get-users": { arguments: NoArguments; returns: GuestUser[] };
  /** The time zone, in seconds to add to UTC. Since 2.10. */
  "guest-get-timezone": { arguments: NoArguments; returns: GuestTimezone };
  /** The operating system and its kernel. Since 2.10. */
  "guest-get-osinfo": { arguments: NoArguments; returns: GuestOSInfo };
  /** Devices and their drivers, on Windows. Since 5.2. */
  "guest-get-devices": { arguments: NoArguments; returns: GuestDeviceInfo[] };
  /** The SSH keys that may log in. Since 5.2. */
  "guest-ssh-get-authorized-keys": { arguments: { username: string }; returns: GuestAuthorizedKeys };
  /** Adds keys, or with `reset` puts them in the place of all. Since 5.2. */
  "guest-ssh-add-authorized-keys": {
    arguments: { username: string; keys: readonly string[]; reset?: boolean };
    returns: NoResult;
  };
  /** Removes keys. Since 5.2. */
  "guest-ssh-remove-authorized-keys": { arguments: { username: string; keys: readonly string[] }; returns: NoResult };
  /** Counters of disks, times in milliseconds. Since 7.1. */
  "guest-get-diskstats": { arguments: NoArguments; returns: GuestDiskStatsInfo[] };
  /** Times of processors, in milliseconds. Since 7.1. */
  "guest-get-cpustats": { arguments: NoArguments; returns: GuestCpuStats[] };
  /** Load averages over one, five and fifteen minutes. Since 10.0. */
  "guest-get-load": { arguments: NoArguments; returns: GuestLoadAverage };
  /** The routing table. Since 9.1. */
  "guest-network-get-route": { arguments: NoArguments; returns: GuestNetworkRoute[] };
}

export interface GuestAgentInfo {
  version: string;
  supported_commands: GuestAgentCommandInfo[];
}

export interface GuestAgentCommandInfo {
  name: string;
  enabled: boolean;
  /** False: it draws no success reply. */
  "success-response": boolean;
}

// Files

/** As fopen has them; `b` says nothing on POSIX. */
export type FileMode = `${"r" | "w" | "a"}${"" | "b" | "+" | "b+" | "+b"}`;

/** From the start, from the position, from the end. */
export type FileWhence = 0 | 1 | 2 | "set" | "cur" | "end";

export interface GuestFileRead {
  count: Integer;
  "buf-b64": string;
  eof: boolean;
}

export interface GuestFileWrite {
  count: Integer;
  eof: boolean;
}

export interface GuestFileSeek {
  position: Integer;
  eof: boolean;
}

// File systems and disks; sizes are in bytes

export interface GuestFilesystemTrimResponse {
  paths: GuestFilesystemTrimResult[];
}

export interface GuestFilesystemTrimResult {
  path: string;
  trimmed?: Integer;
  minimum?: Integer;
  error?: string;
}

export interface GuestFilesystemInfo {
  name: string;
  mountpoint: string;
  type: string;
  "used-bytes"?: Integer;
  "total-bytes"?: Integer;
  /** With what is set aside for root. Since 9.1. */
  "total-bytes-privileged"?: Integer;
  disk: GuestDiskAddress[];
}

export interface GuestDiskInfo {
  name: string;
  partition: boolean;
  dependencies?: string[];
  address?: GuestDiskAddress;
  alias?: string;
  smart?: GuestDiskSmart;
}

export interface GuestDiskAddress {
  "pci-controller": GuestPCIAddress;
  /** As `virtio`, `scsi`, `sata`, `nvme`. */
  "bus-type": string;
  bus: Integer;
  target: Integer;
  unit: Integer;
  serial?: string;
  dev?: string;
  "ccw-address"?: GuestCCWAddress;
}

export interface GuestPCIAddress {
  domain: Integer;
  bus: Integer;
  slot: Integer;
  function: Integer;
}

export interface GuestCCWAddress {
  cssid: Integer;
  ssid: Integer;
  subchno: Integer;
  devno: Integer;
}

/** What a disk says of itself; the members depend on the type, such as `nvme`. */
export interface GuestDiskSmart {
  type: string;
  [member: string]: unknown;
}

export interface GuestDiskStatsInfo {
  name: string;
  major: Integer;
  minor: Integer;
  stats: GuestDiskStats;
}

/** Sectors have 512 bytes; ticks are milliseconds. */
export type GuestDiskStats = {
  [
    Name in
      | `${"read" | "write" | "discard"}-${"sectors" | "ios" | "merges" | "ticks"}`
      | `flush-${"ios" | "ticks"}`
      | "ios-pgr"
      | "total-ticks"
      | "weight-ticks"
  ]?: Integer;
};

// Network

export interface GuestNetworkInterface {
  name: string;
  "hardware-address"?: string;
  "ip-addresses"?: GuestIpAddress[];
  statistics?: GuestNetworkInterfaceStat;
}

export interface GuestIpAddress {
  "ip-address": string;
  "ip-address-type": "ipv4" | "ipv6";
  /** Bits of the network's part. */
  prefix: Integer;
}

export type GuestNetworkInterfaceStat = {
  [Name in `${"rx" | "tx"}-${"bytes" | "packets" | "errs" | "dropped"}`]: Integer;
};

export interface GuestNetworkRoute {
  iface: string;
  destination: string;
  metric: Integer;
  /** Of the Internet Protocol: 4 or 6. */
  version: Integer;
  gateway?: string;
  mask?: string;
  irtt?: Integer;
  flags?: Integer;
  refcnt?: Integer;
  use?: Integer;
  window?: Integer;
  mtu?: Integer;
  desprefixlen?: string;
  source?: string;
  srcprefixlen?: string;
  nexthop?: string;
}

// Processors and memory

export interface GuestLogicalProcessor {
  "logical-id": Integer;
  online: boolean;
  /** Ignored as an argument. */
  "can-offline"?: boolean;
}

/** Times since the start, in milliseconds. */
export interface GuestCpuStats {
  type: "linux";
  cpu: Integer;
  user: Integer;
  nice: Integer;
  system: Integer;
  idle: Integer;
  iowait?: Integer;
  irq?: Integer;
  softirq?: Integer;
  steal?: Integer;
  guest?: Integer;
  guestnice?: Integer;
}

export interface GuestLoadAverage {
  load1m: number;
  load5m: number;
  load15m: number;
}

export interface GuestMemoryBlock {
  "phys-index": Integer;
  online: boolean;
  /** Ignored as an argument. */
  "can-offline"?: boolean;
}

export interface GuestMemoryBlockResponse {
  "phys-index": Integer;
  response: "success" | "not-found" | "operation-not-supported" | "operation-failed";
  /** The guest's errno. */
  "error-code"?: Integer;
}

export interface GuestMemoryBlockInfo {
  size: Integer;
}

// Programs

export interface GuestExecArguments {
  path: string;
  arg?: readonly string[];
  /** `NAME=VALUE` each, in the place of the agent's own. */
  env?: readonly string[];
  /** Standard input, base64. */
  "input-data"?: string;
  /** The words since 8.0. */
  "capture-output"?: boolean | "none" | "stdout" | "stderr" | "separated" | "merged";
}

export interface GuestExec {
  pid: Integer;
}

export interface GuestExecStatus {
  exited: boolean;
  exitcode?: Integer;
  signal?: Integer;
  /** Standard output, base64. */
  "out-data"?: string;
  /** Standard error, base64. */
  "err-data"?: string;
  "out-truncated"?: boolean;
  "err-truncated"?: boolean;
}

// The system and who is on it

export interface GuestHostName {
  "host-name": string;
}

export interface GuestUser {
  user: string;
  /** Seconds since the epoch. */
  "login-time": number;
  /** On Windows. */
  domain?: string;
}

export interface GuestTimezone {
  zone?: string;
  /** Seconds to add to UTC. */
  offset: Integer;
}

export type GuestOSInfo = {
  [
    Name in
      | `kernel-${"release" | "version"}`
      | "machine"
      | "id"
      | "name"
      | "pretty-name"
      | "version"
      | "version-id"
      | "variant"
      | "variant-id"
  ]?: string;
};

export interface GuestDeviceInfo {
  "driver-name": string;
  /** Nanoseconds since the epoch. */
  "driver-date"?: Integer;
  "driver-version"?: string;
  /** As `{ type: "pci", "vendor-id": 6900, "device-id": 4097 }`. */
  id?: { type: string; [member: string]: unknown };
}

export interface GuestAuthorizedKeys {
  keys: string[];
}
