// npm test [-- <files and folders>]: lint, types, then the tests against real engines that are started here and
// stopped again, and a short comparison with the service as it was. Named files are a quick look: no lint, no types,
// one engine, no comparison.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guard } from './guard.mjs'
import { embeddedBinaries, isOpenToAll, startPostgres } from './postgres-server.mjs'
import { bin, Failure, main, prepare, root, run, say } from './prepare.mjs'
import { findDebianPostgres, findTools } from './system-tools.mjs'
import { createReport } from './tap-report.mjs'

const oldest = '15'
// What differs between versions of Postgres is in the SQL, so the second engine runs the tests that reach it.
const onOldest = [
  'test/contracts/database-postgres.test.ts',
  'test/store/flush.test.ts',
  'test/store/messages.test.ts',
  'test/store/migrate.test.ts',
  'test/store/retention.test.ts',
  'test/store/schema.test.ts',
  'test/scenarios/flushes.test.ts',
  'test/scenarios/history-depth.test.ts',
]
// `npm run test:long`: what a run within a quarter of an hour has no room for.
const long = [
  'test/adapters/database-postgres.test.ts',
  'test/adapters/redis-access.test.ts',
  'test/adapters/redis-cluster.test.ts',
  'test/attachments/clamav.test.ts',
  'test/attachments/large.test.ts',
  'test/bench/chaos-redis-cluster.test.ts',
  'test/bench/latch-mutant.test.ts',
  'test/bench/member-mutants.test.ts',
  'test/bench/stream-mutants.test.ts',
  'test/bench/write-mutants.test.ts',
  'test/contracts/job-queue-pgbouncer.test.ts',
  'test/contracts/job-queue-pglite.test.ts',
  'test/contracts/job-queue-postgres.test.ts',
  'test/contracts/redis-sentinel.test.ts',
  'test/deploy/image-steps.test.ts',
  'test/deploy/proxy.test.ts',
  'test/docs/clamav-bridge.test.ts',
  'test/docs/clamav.test.ts',
  'test/ops/tracing.test.ts',
  'test/scenarios/partitions.test.ts',
  'test/scenarios/pgbouncer.test.ts',
  'test/scenarios/postgres-access.test.ts',
  'test/scenarios/read-replica.test.ts',
  'test/scenarios/redis-cluster.test.ts',
  'test/scenarios/restore.test.ts',
  'test/scenarios/upgrade.test.ts',
  'test/web/attachments-s3.test.ts',
  'test/web/attachments.test.ts',
  'test/web/two-nodes.test.ts',
]

const isLong = process.argv.includes('--long')
const args = process.argv.slice(2).flatMap((arg) => (arg === '--long' ? long : [arg]))
const named = args.length > 0
const interrupt = new AbortController()
const { signal } = interrupt

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    process.exitCode = 128 + constants.signals[name]
    interrupt.abort(new Failure(`stopped by ${name}`))
  })
}

await main(async () => {
  await prepare({ signal })
  if (!named) await check()
  const tools = { ...(await findTools({ withOptional: named })), ...(await findDebianBinaries()) }
  const legs = await inFolder(async (folder) => await runLegs(folder, tools))
  summarise(legs)
})

async function check() {
  say('linting…')
  await run(bin('biome'), ['check', '.'], { signal })
  say('checking types…')
  await run('npm', ['run', '--silent', 'typecheck'], { signal })
}

/** One temporary folder for all of a run, the tests' own included: removing it leaves nothing behind. */
async function inFolder(body) {
  // Root's own temporary folder may be closed to the user that Postgres runs as.
  const folder = await mkdtemp(join(isOpenToAll(tmpdir()) ? tmpdir() : '/tmp', 'parley-test-'))
  try {
    await chmod(folder, 0o711)
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function runLegs(folder, tools) {
  const embedded = await embeddedBinaries(join(folder, 'binaries'))
  const files = named ? await testsAt(args) : (await testsAt(['test'])).filter((file) => !long.includes(file))
  const newest = await leg('Postgres 18', embedded, folder, tools, files)
  if (named) return [newest]
  const second = await legOnOldest(folder, tools)
  const last = await legOfGuard(folder)
  return [newest, second, last].filter((leg) => leg !== undefined)
}

/** After the tests: nothing else is to have the processor meanwhile. */
async function legOfGuard(folder) {
  console.log('\nGuard')
  signal.throwIfAborted()
  const started = Date.now()
  const outcome = await guard(folder, signal)
  if (outcome === undefined) return undefined
  const { failures } = outcome
  const counts = { passed: failures.length === 0 ? 1 : 0, failed: failures.length, skipped: 0 }
  return { name: 'Guard', code: 0, counts, failures, seconds: Math.round((Date.now() - started) / 1000) }
}

/** For what only a server of Debian's has beside it: pg_basebackup, pg_dump. */
async function findDebianBinaries() {
  const { binaries } = await findDebianPostgres(oldest)
  return binaries ? { TEST_DEBIAN_POSTGRES: binaries } : {}
}

async function legOnOldest(folder, tools) {
  const files = await testsAt(onOldest)
  const { binaries, reason } = await findDebianPostgres(oldest)
  if (!binaries) return skip(reason)
  // The embedded engine is the same in both.
  return await leg(`Postgres ${oldest}`, binaries, folder, { ...tools, TEST_ENGINE: 'Postgres' }, files)
}

function skip(reason) {
  console.log(`\nskipped: Postgres ${oldest} ${reason}`)
}

/** The test files among these paths, and below those that are folders. */
async function testsAt(paths) {
  return (await Promise.all(paths.map((path) => (path.endsWith('.ts') ? path : testsIn(path))))).flat()
}

async function testsIn(folder) {
  const names = await readdir(join(root, folder), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name))
}

/** The tests against one Postgres. */
async function leg(name, binaries, folder, tools, files) {
  console.log(`\n${name}`)
  signal.throwIfAborted()
  const started = Date.now()
  const database = await startPostgres({ binaries, folder: join(folder, name.replace(' ', '-')), signal })
  try {
    const patience = isLong ? { TEST_TIMEOUT_SECONDS: '900' } : {}
    const env = { ...process.env, ...tools, ...patience, TMPDIR: folder, TEST_DATABASE_URL: database.url }
    const report = await runFiles(files, env)
    return { name, ...report, seconds: Math.round((Date.now() - started) / 1000) }
  } finally {
    await database.stop()
  }
}

async function runFiles(files, env) {
  // A process group of its own: what a crashed or timed out test has started is in it, and goes with it.
  const options = { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] }
  const tap = spawn(process.execPath, [join(root, 'scripts/run-files.mjs'), ...files], options)
  const endGroup = () => kill(-tap.pid)
  signal.addEventListener('abort', endGroup, { once: true })
  const report = createReport((line) => console.log(line))
  const lines = createInterface({ input: tap.stdout }).on('line', report.line)
  const lastLine = once(lines, 'close')
  const [code] = await once(tap, 'exit')
  // A pipe ends when its last writer has gone, so first the group, then the last line.
  endGroup()
  await lastLine
  signal.throwIfAborted()
  return { code, counts: report.counts, failures: report.failures }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** The last line is the plain one that tools read: the sum of all legs. */
function summarise(legs) {
  const failures = legs.flatMap((leg) => leg.failures.map((failure) => `  ✖ ${failure}  (${leg.name})`))
  const total = { passed: 0, failed: 0, skipped: 0 }
  console.log(['', ...failures].join('\n'))
  for (const { name, code, counts, seconds } of legs) {
    // tap can fail without a failed assertion (a bail out, a crash of its own): that is one failure too.
    const failed = Math.max(counts.failed, code === 0 ? 0 : 1)
    total.passed += counts.passed
    total.failed += failed
    total.skipped += counts.skipped
    console.log(`${name}: ${words({ ...counts, failed })} in ${seconds} s`)
    if (counts.passed + failed === 0) console.log(`${name}: no test ran`)
  }
  console.log(words(total))
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
}

function words({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
