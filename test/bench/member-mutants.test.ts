import { MEMBER_MUTANTS } from '../../bench/chaos/mutants.js'
import { tryMutants } from './try-mutants.js'

tryMutants(MEMBER_MUTANTS)
