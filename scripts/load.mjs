// npm run bench [-- <question>] [<flags>]: the questions of bench/load.
import { runBench } from './bench.mjs'
import { preparePeers } from './peers.mjs'

const hasPeers = process.argv.includes('--peers')

await runBench('bench/load/main.ts', hasPeers ? { prepareMore: preparePeers } : {})
