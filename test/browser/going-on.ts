// What goes on in a page: timers that are set, and listeners of what outlives an element.

/** Runs in a page before its own scripts; `goingOn()` says then how many there are. */
export const COUNTING = `
  const timers = new Set();
  const pairs = { setTimeout: "clearTimeout", setInterval: "clearInterval", requestAnimationFrame: "cancelAnimationFrame" };
  for (const [set, clear] of Object.entries(pairs)) {
    const [begin, end] = [globalThis[set], globalThis[clear]];
    globalThis[set] = (run, ...rest) => {
      const key = {};
      const id = begin((...args) => { if (set !== "setInterval") timers.delete(key); run(...args); }, ...rest);
      key.id = set + id;
      timers.add(key);
      return id;
    };
    globalThis[clear] = (id) => {
      for (const key of timers) if (key.id === set + id) timers.delete(key);
      end(id);
    };
  }
  const listeners = new Set();
  for (const target of [globalThis, document, navigator.serial]) {
    const { addEventListener, removeEventListener } = target;
    const find = (type, listener) =>
      [...listeners].find((one) => one.target === target && one.type === type && one.listener === listener);
    target.addEventListener = (type, listener, ...rest) => {
      if (find(type, listener) === undefined) listeners.add({ target, type, listener });
      addEventListener.call(target, type, listener, ...rest);
    };
    target.removeEventListener = (type, listener, ...rest) => {
      listeners.delete(find(type, listener));
      removeEventListener.call(target, type, listener, ...rest);
    };
  }
  globalThis.goingOn = () => timers.size + " timers, " + listeners.size + " listeners";
`;
