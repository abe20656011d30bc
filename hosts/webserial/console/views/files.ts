// What leaves the page: files and the clipboard.

/** How long the page may be kept busy at a time, in milliseconds. */
const BUSY_MS = 12;

/** Gives the person a file. Its pieces are asked for one after the other, and the page goes on between them. */
export async function saveFile(name: string, type: string, pieces: Iterable<string>): Promise<void> {
  const parts: Blob[] = [];
  let some: string[] = [];
  let since = performance.now();
  for (const piece of pieces) {
    some.push(piece);
    if (performance.now() - since < BUSY_MS) continue;
    parts.push(new Blob(some));
    some = [];
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
  const address = URL.createObjectURL(new Blob([...parts, ...some], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Whether the text is on the clipboard now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
