export type NoArguments = { readonly [name in never]: never };
export interface GuestInfo {
  version: string;
  supported_commands: { name: string; enabled: boolean; "success-response": boolean }[];
}
export interface QgaCommands {
  "guest-ping": { arguments: NoArguments; returns: NoArguments };
  "guest-info": { arguments: NoArguments; returns: GuestInfo };
  "guest-sync-delimited": { arguments: { id: number | bigint }; returns: number | bigint };
}
