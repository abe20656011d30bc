// The number types of AssemblyScript, as tsc sees them. Nothing here exists at run time, and none of it appears in
// the published typings: the public face says `number`.
declare type i32 = number;
declare type u8 = number;
declare type bool = boolean;
