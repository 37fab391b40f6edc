import { forEachStore } from '../helpers/stores.js'

forEachStore(async (t, open) => {
  const store = await open()

  t.test('an epoch ends once, however many nodes see it', async (t) => {
    const first = await store.cluster.epoch()
    await Promise.all([store.cluster.endEpoch(first), store.cluster.endEpoch(first)])
    const second = await store.cluster.epoch()
    t.not(second, first)
    await store.cluster.endEpoch(first)
    t.equal(await store.cluster.epoch(), second)
  })
})
