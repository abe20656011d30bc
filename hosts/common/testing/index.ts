// guestwire/testing: what plugins, hosts and clients are tested with, in any test runner. No Node, no DOM.

export {
  type ConformanceFailure,
  type ConformanceOptions,
  type ConformanceResult,
  runConformance,
} from "./conformance.ts";
export { type ConformanceCase, loadCorpus, matches } from "./corpus.ts";
export { fakeClock, type FakeClock } from "./fake-clock.ts";
export { type Chunking, type PairOptions, transportPair, type TransportPair } from "./pair.ts";
export { Peer } from "./peer.ts";
export { type PluginReport, type PluginTestOptions, testPlugin } from "./test-plugin.ts";
