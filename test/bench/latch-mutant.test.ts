import t from 'tap'
import { LATCH_MUTANT, makeMutant } from '../../bench/chaos/mutants.js'
import { createChat, until } from '../helpers/clients.js'
import { temporaryFolder } from '../helpers/folders.js'
import { say, sessionOf, startTestNode } from '../helpers/frames.js'
import { SlowReader } from '../helpers/slow-reader.js'
import { root } from './runs.js'

/** Far more than the system keeps for a client that does not read, and than the node may. */
const MESSAGES = 1500
const CONTENT = 'x'.repeat(8000)

t.test(`seen by a slow reader: a service that ${LATCH_MUTANT.name}`, async (t) => {
  const entry = await makeMutant(LATCH_MUTANT, root, await temporaryFolder(t))
  const node = await startTestNode(t, { PARLEY_SESSION_BUFFER_BYTES: '262144' }, entry)
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  const slow = await SlowReader.join(t, node.wsUrl, 'bob', chatId)
  for (let n = 1; n <= MESSAGES; n++) await say(ann, chatId, `${n} ${CONTENT}`)
  void slow.readOn()
  await until(async () => {
    const { rev } = await say(ann, chatId, 'does anybody read on?')
    return rev > MESSAGES && (slow.revs.at(-1) ?? 0) > MESSAGES
  }, 'it has read on')
  const hole = slow.revs.find((rev, index) => rev !== index + 1)
  t.ok(hole, `the first rev after a hole: ${hole}`)
})
