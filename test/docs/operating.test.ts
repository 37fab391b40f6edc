import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { execute } from '../helpers/postgres.js'
import { freePort } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'

/** Every block of docs/operating.md says whether it is run; those that say "tested" alone are run here, in their order. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = await readFile(join(root, 'docs/operating.md'), 'utf8')
const blocks = [...page.matchAll(/^```(\w+)\n(?:#|--) (.*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', mark = '', code = '']) => ({ language, mark, code }),
)

t.test('every block of commands says whether it is run', async (t) => {
  t.equal(blocks.length, [...page.matchAll(/^```\w+$/gm)].length)
  for (const { mark, code } of blocks) {
    t.match(mark, /^(tested|by hand|not run here: needs (Docker|a cluster))/, mark)
    if (/docker|kubectl (?!kustomize)/.test(code)) t.match(mark, /^not run here/, 'there is neither here')
    for (const [name] of mark.matchAll(/test\/[\w/.-]+\w/g)) t.ok(existsSync(join(root, name)), name)
  }
})

t.test('all files and pages that it names are there', async (t) => {
  for (const [, name = ''] of page.matchAll(/`((?:k8s|deploy|test)\/[\w./-]+)`/g))
    t.ok(existsSync(join(root, name)), name)
})

/** The SQL with a role and a database of this test's own. */
async function createOwned(t: Test): Promise<string> {
  const server = process.env.TEST_DATABASE_URL ?? ''
  const name = `parley_${randomUUID().replaceAll('-', '')}`
  const [sql] = blocks.filter(({ language }) => language === 'sql')
  // One at a time: a database is not created in a transaction.
  for (const statement of (sql?.code ?? '').replaceAll('parley', name).split(';\n').filter(Boolean))
    await execute(server, statement)
  t.teardown(async () => {
    await execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await execute(server, `DROP ROLE ${name}`)
  })
  return Object.assign(new URL(server), { pathname: `/${name}`, username: name, password: 'change-me' }).href
}

t.test('from the SQL to two clients that hear each other', async (t) => {
  const [databaseUrl, redis] = [await createOwned(t), await startRedis(t)]
  const [port, wsPort, opsPort] = [await freePort(), await freePort(), await freePort()]
  const script = blocks
    .filter(({ language, mark }) => language === 'sh' && mark === 'tested')
    .map(({ code }) => code)
    .join('\n')
    .replaceAll('postgres://parley:change-me@127.0.0.1:5432/parley', databaseUrl)
    .replaceAll('redis://127.0.0.1:6379', redis.url)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`)
    // These have been done for the tests, in this very folder.
    .replace(/^npm (ci|run build)$/gm, '')
  t.notMatch(script, /npm/)
  const env = {
    ...{ PATH: process.env.PATH, PORT: String(port), WS_PORT: String(wsPort), OPS_PORT: String(opsPort) },
  }
  // The node that it leaves in the background ends with it.
  const shell = spawn('sh', ['-euc', `trap 'kill $! && wait $!' EXIT\n${script}`], { cwd: root, env })
  t.teardown(() => shell.kill('SIGKILL'))
  let output = ''
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(shell, 'close')
  t.equal(code, 0, output)
  t.match(output, /^[0-9a-f]{64}$/m, 'a secret')
  t.match(output, /the schema is up to date/)
  t.match(output, /"data":\[\{.*"content":"by REST"/)
  t.match(output, /Ann Lee: live$/m, 'what Ann says Bob hears')
  t.match(output, /"msg":"closing"/, 'the node was told to end')
})
