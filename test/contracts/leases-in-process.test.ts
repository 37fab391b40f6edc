import t from 'tap'
import { createInProcessLeases } from '../../src/adapters/leases-in-process.js'
import { leasesContract } from './leases.js'

leasesContract(t, async () => createInProcessLeases())
