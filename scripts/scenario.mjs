// npm run scenario -- <name> [<flags>]: one measured scenario of bench/scenarios.
import { runBench } from './bench.mjs'

const isInBrowser = process.argv[2] === 'scrolling'
await runBench('bench/scenarios/main.ts', { programs: isInBrowser ? ['TEST_CHROMIUM'] : [] })
