// What tsyringe does not load without. A file of its own, also in the package: a bundler that wraps CommonJS, as Vite does,
// runs it in the place of the file that imports it, and that has to come before tsyringe. The lite one is for engines that
// have Map and WeakMap.

import "reflect-metadata/lite";
