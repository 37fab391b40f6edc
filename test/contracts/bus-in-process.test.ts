import t from 'tap'
import { createInProcessBus } from '../../src/adapters/bus-in-process.js'
import { busContract } from './bus.js'

busContract(t, async () => createInProcessBus())
