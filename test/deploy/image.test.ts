import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run as lint } from 'dockerfilelint'
import t from 'tap'
import { argsOf, contextFilter, readStages, root, wordsOf } from './dockerfile.js'
import { defaultPort } from './environment.js'

/** What can be said of the image without making it; image-steps.test.ts runs its steps. */

const DEBIAN_13_GLIBC = 41

const stages = await readStages()
const [build, final] = stages
if (build === undefined || final === undefined) throw new Error('the Dockerfile has two stages')

t.test('a linter has nothing to say', async (t) => {
  const text = await readFile(join(root, 'Dockerfile'), 'utf8')
  t.same(lint(root, text), [])
  t.not(lint(root, text.replace('node:24-trixie-slim', 'node:latest')).length, 0, 'and it would')
})

t.test('both stages are of one Node and one Debian, for the ABI and the glibc of the binaries', async (t) => {
  t.equal(stages.length, 2)
  t.equal(build.base, final.base)
  t.match(final.base, /^node:24-trixie-slim$/)
  const folder = join(root, 'node_modules/uWebSockets.js')
  const binaries = (await readdir(folder)).filter((name) => /^uws_linux_.*_137\.node$/.test(name))
  t.same(binaries.sort(), ['uws_linux_arm64_137.node', 'uws_linux_x64_137.node'], 'Node 24 is ABI 137')
  for (const name of binaries) {
    const text = await readFile(join(folder, name), 'latin1')
    const needed = Math.max(...[...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)))
    t.ok(needed > 36 && needed <= DEBIAN_13_GLIBC, `${name} needs glibc 2.${needed}`)
  }
})

t.test('it runs as a user by number, and no shell stands before the node', async (t) => {
  t.same(argsOf(final, 'USER'), ['1000:1000'])
  t.same(wordsOf(argsOf(final, 'ENTRYPOINT').join()), ['node'])
  t.same(wordsOf(argsOf(final, 'CMD').join()), ['dist/main.js'])
  const [check = ''] = argsOf(final, 'HEALTHCHECK')
  const [, command = ''] = check.split('CMD ')
  t.equal(wordsOf(command)[0], 'node')
  t.notMatch(check, /curl|wget/)
})

t.test('the ports are those that a node listens at', async (t) => {
  const ports = [defaultPort('PORT'), defaultPort('WS_PORT'), defaultPort('OPS_PORT')]
  t.equal(argsOf(final, 'EXPOSE').join(), ports.join(' '))
})

t.test('the builder is sent sources, and nothing of this machine', async (t) => {
  const isSent = await contextFilter()
  for (const path of [
    'src/main.ts',
    'package-lock.json',
    'docs/guides/docs.css',
    'db/migrations',
    'client/src',
  ])
    t.ok(isSent(path), path)
  for (const path of [
    '.env',
    '.git',
    'node_modules/pg',
    'client/dist',
    'data',
    'dist',
    'docs/reports',
    'test',
  ])
    t.notOk(isSent(path), path)
})
