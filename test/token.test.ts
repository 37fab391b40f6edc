import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { call, connectRaw } from './helpers/clients.js'
import { exitOf } from './helpers/main.js'
import { createPGliteFolder } from './helpers/pglite.js'
import { startNode, startProcess } from './helpers/processes.js'

// Processes start one after the other here: on a busy machine that takes its time.
t.setTimeout(300_000)

const script = fileURLToPath(new URL('../scripts/token.mjs', import.meta.url))
const DATA_DIR = await createPGliteFolder(t)
// No secret is given: the node makes one and keeps it.
const node = await startNode(t, { DATA_DIR })

async function printToken(t: Test, args: readonly string[], env: Record<string, string> = { DATA_DIR }) {
  const child = startProcess(t, process.execPath, [script, ...args], {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...env,
  })
  return { code: await exitOf(child), output: child.output() }
}

t.test('prints a token of the embedded secret, and nothing else', async (t) => {
  const { code, output } = await printToken(t, ['--sub', 'ann', '--name', 'Ann Lee'])
  t.equal(code, 0)
  t.match(output, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const client = await connectRaw(t, node, output.trim())
  t.match(await client.next(() => true), { type: 'hello', user: { id: 'ann', fullName: 'Ann Lee' } })
  t.match(await call(node, output.trim(), 'PUT', '/users/ann', { fullName: 'X' }), { status: 403 })
})

t.test('gives a scope, and the id as a name where none is given', async (t) => {
  const { output } = await printToken(t, ['--sub', 'shop', '--scope', 'chat:service'])
  t.equal((await call(node, output.trim(), 'PUT', '/users/bob', { fullName: 'Bob' })).status, 200)
  const client = await connectRaw(t, node, output.trim())
  t.match(await client.next(() => true), { user: { id: 'shop', fullName: 'shop' } })
})

t.test('signs with the configured secret', async (t) => {
  const { output } = await printToken(t, ['--sub', 'ann'], { DATA_DIR, JWT_SECRET: 'x'.repeat(40) })
  t.equal((await call(node, output.trim(), 'GET', '/chats')).status, 401, 'not that of this node')
  const { code, output: refusal } = await printToken(t, ['--sub', 'ann'], {
    JWKS_URL: 'https://keys.example/jwks',
  })
  t.equal(code, 1)
  t.match(refusal, /JWT_SECRET/)
})

t.test('says how it is used', async (t) => {
  const { code, output } = await printToken(t, ['--name', 'Ann'])
  t.equal(code, 1)
  t.match(output, /usage: npm run token/)
})
