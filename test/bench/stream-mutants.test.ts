import { STREAM_MUTANTS } from '../../bench/chaos/mutants.js'
import { tryMutants } from './try-mutants.js'

tryMutants(STREAM_MUTANTS)
