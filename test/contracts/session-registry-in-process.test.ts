import t from 'tap'
import { createInProcessSessionRegistry } from '../../src/adapters/session-registry-in-process.js'
import { MOST, session, sessionRegistryContract } from './session-registry.js'

sessionRegistryContract(t, async () => createInProcessSessionRegistry(MOST))

t.test('0 is no limit', async (t) => {
  const registry = createInProcessSessionRegistry(0)
  for (let n = 0; n < 100; n++) t.same(await registry.add(session('ann', n)), [])
})
