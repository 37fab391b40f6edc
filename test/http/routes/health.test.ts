import t from 'tap'
import { call } from '../../helpers/clients.js'
import { startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)

for (const [path, status] of [
  ['/livez', 'live'],
  ['/readyz', 'ready'],
] as const)
  t.test(`${path} answers without a token`, async (t) => {
    t.match(await call(node, undefined, 'GET', path), { status: 200, body: { status } })
  })
