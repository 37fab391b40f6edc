// npm run scenario -- <name> [<flags>]: one measured scenario of bench/scenarios.
import { runBench } from './bench.mjs'

await runBench('bench/scenarios/main.ts')
