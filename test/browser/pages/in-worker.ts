// Hands all calls on to a worker.

const worker = new Worker("/worker.js", { type: "module" });
let calls = 0;

globalThis.call = (name, ...args) =>
  new Promise((resolve, reject) => {
    const id = ++calls;
    worker.addEventListener("message", function take({ data: [answered, value, message] }: MessageEvent) {
      if (answered !== id) return;
      worker.removeEventListener("message", take);
      if (message === undefined) resolve(value);
      else reject(new Error(message));
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage([id, name, ...args]);
  });
