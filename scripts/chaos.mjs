// npm run chaos [-- <flags>]: the checker of bench/chaos.
import { runBench } from './bench.mjs'

await runBench('bench/chaos/main.ts')
