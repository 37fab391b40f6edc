import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { lockFolder } from '../../src/adapters/folder-lock.js'
import { temporaryFolder } from '../helpers/folders.js'
import { startProcess } from '../helpers/processes.js'

const taker = fileURLToPath(new URL('../helpers/lock-taker.ts', import.meta.url))

/** The pid of a process that has ended. */
async function deadPid(t: Test): Promise<number> {
  const child = startProcess(t, process.execPath, ['-e', ''], {})
  await child.stop('SIGKILL')
  return child.pid
}

/** A folder whose lock file has this content. */
async function lockedFolder(t: Test, content: string): Promise<string> {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'parley.lock'), content)
  return folder
}

/** How many of the takers that tried at once got the lock; each of the others must have been refused by name. */
function winners(t: Test, results: readonly PromiseSettledResult<unknown>[]): number {
  for (const result of results)
    if (result.status === 'rejected') t.match(result.reason, /is in use by process \d+/)
  return results.filter(({ status }) => status === 'fulfilled').length
}

t.test('a second lock on one folder is refused by name', async (t) => {
  const folder = await temporaryFolder(t)
  const unlock = await lockFolder(folder)
  await t.rejects(lockFolder(folder), {
    message: `The folder ${folder} is in use by process ${process.pid}:`,
  })
  await t.rejects(lockFolder(folder), { message: /DATA_DIR/ })
  await unlock()
  t.strictSame(await readdir(folder), [], 'nothing is left behind')
  await (await lockFolder(folder))()
})

t.test('a lock held by another process that runs is refused by its pid', async (t) => {
  const folder = await temporaryFolder(t)
  const child = await startTaker(t)
  t.equal(await child.take(folder), 'held')
  await t.rejects(lockFolder(folder), { message: `in use by process ${child.pid}:` })
  await child.kill()
  await (await lockFolder(folder))()
})

t.test('the lock of a dead process is taken over', async (t) => {
  const folder = await lockedFolder(t, `${await deadPid(t)} 12345 6d2c\n`)
  const unlock = await lockFolder(folder)
  t.match(await readFile(join(folder, 'parley.lock'), 'utf8'), new RegExp(`^${process.pid} `))
  await t.rejects(lockFolder(folder))
  await unlock()
  t.strictSame(await readdir(folder), [])
})

t.test('a file of our pid and another start time is one of the dead', async (t) => {
  const folder = await lockedFolder(t, `${process.pid} 1 6d2c\n`)
  await (await lockFolder(folder))()
  t.strictSame(await readdir(folder), [])
})

t.test('a file that says nothing is nobody’s', async (t) => {
  for (const content of ['', '\n', 'x', '-1 1 6d2c\n', '0 1 6d2c\n', '1e3']) {
    const folder = await lockedFolder(t, content)
    await (await lockFolder(folder))()
    t.strictSame(await readdir(folder), [])
  }
})

t.test('unlocking leaves a lock that is not ours alone', async (t) => {
  const folder = await temporaryFolder(t)
  const unlock = await lockFolder(folder)
  await writeFile(join(folder, 'parley.lock'), 'another')
  await unlock()
  t.strictSame(await readdir(folder), ['parley.lock'])
})

t.test('a folder that is not there is an error of its own', async (t) => {
  await t.rejects(lockFolder(join(await temporaryFolder(t), 'absent')), { code: 'ENOENT' })
})

t.test('of several takers in one process exactly one wins', async (t) => {
  const dead = await deadPid(t)
  const all = await temporaryFolder(t)
  for (let round = 0; round < 90; round++) {
    const folder = join(all, String(round))
    await mkdir(folder)
    if (round % 3 !== 0)
      await writeFile(join(folder, 'parley.lock'), round % 3 === 1 ? `${dead} 1 6d2c\n` : '')
    const results = await Promise.allSettled(
      Array.from({ length: 2 + (round % 5) }, () => lockFolder(folder)),
    )
    if (winners(t, results) !== 1) t.fail(`round ${round}: ${winners(t, results)} winners`)
    for (const result of results) if (result.status === 'fulfilled') await result.value()
    if ((await readdir(folder)).length > 0) t.fail(`round ${round}: ${await readdir(folder)} left behind`)
  }
})

t.test('of several processes exactly one wins', async (t) => {
  const dead = await deadPid(t)
  const takers = await Promise.all(Array.from({ length: 3 }, () => startTaker(t)))
  const all = await temporaryFolder(t)
  for (let round = 0; round < 24; round++) {
    const folder = join(all, String(round))
    await mkdir(folder)
    if (round % 3 !== 0)
      await writeFile(join(folder, 'parley.lock'), round % 3 === 1 ? `${dead} 1 6d2c\n` : '')
    const answers = await Promise.all(takers.map((child) => child.take(folder)))
    const held = answers.filter((answer) => answer === 'held').length
    if (held !== 1) t.fail(`round ${round}: ${held} winners of ${answers.join('; ')}`)
    for (const answer of answers) if (answer !== 'held') t.match(answer, /is in use by process \d+/)
  }
})

/** A process that takes, and keeps, the locks of the folders it is told. */
async function startTaker(t: Test) {
  const child = fork(taker)
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return {
    pid: child.pid,
    async take(folder: string): Promise<string> {
      const answer = once(child, 'message')
      child.send(folder)
      return String(await answer.then(([message]) => message))
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
