// npm run chaos [-- <flags>]: the checker of bench/chaos.
import { runBench } from './bench.mjs'

const programs = process.argv.includes('--pgbouncer') ? ['TEST_PGBOUNCER'] : []
await runBench('bench/chaos/main.ts', { programs })
