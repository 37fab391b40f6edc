import { WRITE_MUTANTS } from '../../bench/chaos/mutants.js'
import { tryMutants } from './try-mutants.js'

tryMutants(WRITE_MUTANTS)
